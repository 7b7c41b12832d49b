import type { GenerationEvent } from '../host.js';

/** The events of a program that shows denoised steps alone, which is told at the end where noisy ones were asked for. */
export async function* denoisedAlone(
  events: AsyncIterable<GenerationEvent>,
  program: string,
): AsyncGenerator<GenerationEvent, void, void> {
  let isNoisyWanted = false;
  for await (const event of events) {
    if (event.type === 'step') {
      const { picture } = event;
      yield {
        ...event,
        picture: async (content) => {
          isNoisyWanted ||= content === 'noisy';
          return await picture(content);
        },
      };
      continue;
    }
    if (event.type === 'end' && isNoisyWanted) {
      yield { type: 'note', message: `${program} shows denoised steps alone: --content noisy had no effect.` };
    }
    yield event;
  }
}
