import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createComfyuiHost } from '#src/hosts/comfyui/host.js';
import { type ComfyuiScenario, comfyuiScenarios } from '../record/comfyui-scenarios.js';
import { readRecording } from '../record/recording.js';
import { type Outcome, runScenario } from '../record/run-scenario.js';
import { ReplayedProgram } from './replayed-program.js';
import { webSockets } from './served-sockets.js';
import { type Script, scriptOf, withCut, withDuplicates, withSwaps } from './socket-script.js';

type Name = keyof typeof comfyuiScenarios;

async function replay(
  name: Name,
  change?: (script: Script) => Script,
): Promise<Outcome & { readonly orders: readonly string[] }> {
  const comfyui = await ReplayedProgram.start(await readRecording(`comfyui-${name}`), webSockets, change);
  const scenario: ComfyuiScenario = comfyuiScenarios[name];
  await using host = createComfyuiHost({ url: comfyui.url, ...scenario.settings });
  const outcome = await runScenario(host, scenario, () => comfyui.cut());
  return { ...outcome, orders: comfyui.orders };
}

const upTo = (last: number, image = 0, pass = 0) =>
  Array.from({ length: last }, (_, index) => `${image}:${pass}:${index + 1}`);

const finished = ['0:finished'];

describe('as ComfyUI did, its host', { timeout: 60_000 }, () => {
  const ended: readonly [Name, Partial<Outcome>][] = [
    ['txt2img', { steps: upTo(4), images: finished, notes: [] }],
    ['again', { steps: upTo(4), images: finished }],
    ['plain-previews', { steps: upTo(4), images: finished }],
    ['batch', { steps: [...upTo(3), ...upTo(3, 1)], images: ['0:finished', '1:finished'] }],
    ['img2img', { steps: upTo(4), images: finished }],
    ['two-passes', { steps: [...upTo(4), ...upTo(2, 0, 1)], images: finished }],
    ['interrupt', { steps: upTo(3), images: ['0:interrupted'] }],
    ['skip', { steps: [...upTo(2), ...upTo(5, 1)], images: ['0:skipped', '1:finished'] }],
    ['cut', { steps: upTo(6), images: finished }],
    ['queue', { steps: upTo(3), images: finished, notes: ["Waits in ComfyUI's queue at place 1."] }],
    ['left-queue', { steps: [], images: [] }],
  ];
  it.each(ended)('yields the run %s', async (name, expected) => {
    expect(await replay(name)).toMatchObject({ error: undefined, ...expected });
  });

  it('yields what was made before a node failed, and the failure', async () => {
    const { steps, images, error } = await replay('failure');
    expect(steps).toEqual([...upTo(4), ...upTo(2, 0, 1)]);
    expect(images).toEqual(['0:interrupted']);
    expect(error).toMatchObject({ message: expect.stringMatching(/ImageBlur: .*Padding size/u) });
  });

  it('says why ComfyUI refuses a workflow', async () => {
    const { images, error } = await replay('unknown-checkpoint');
    expect(images).toEqual([]);
    expect(error).toMatchObject({ message: expect.stringMatching(/none\.safetensors.*tiny-sd15/u) });
  });

  it('ends on the finished image wherever the sockets are cut off, with no step twice', async () => {
    const messages = scriptOf(await readRecording('comfyui-txt2img')).length;
    const places = fc.record({ after: fc.integer({ min: 1, max: messages }), lost: fc.nat({ max: 4 }) });
    await fc.assert(
      fc.asyncProperty(places, async ({ after, lost }) => {
        const { steps, images, error } = await replay('txt2img', (script) => withCut(script, after, lost));
        expect({ images, error }).toEqual({ images: finished, error: undefined });
        expect(upTo(4)).toEqual(expect.arrayContaining([...steps]));
        expect(steps).toEqual([...new Set(steps)].sort());
      }),
      { numRuns: 12 },
    );
  });

  it('yields the same if messages come twice', async () => {
    const messages = scriptOf(await readRecording('comfyui-txt2img')).length;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: messages - 1 }), { maxLength: 6 }), async (places) => {
        const { steps, images, error } = await replay('txt2img', (script) => withDuplicates(script, places));
        expect({ steps, images, error }).toEqual({ steps: upTo(4), images: finished, error: undefined });
      }),
      { numRuns: 8 },
    );
  });

  it('ends on the finished image though messages come in another order', async () => {
    const messages = scriptOf(await readRecording('comfyui-txt2img')).length;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: messages - 1 }), { maxLength: 6 }), async (places) => {
        const { steps, images, error } = await replay('txt2img', (script) => withSwaps(script, places));
        expect({ images, error }).toEqual({ images: finished, error: undefined });
        expect(steps).toEqual([...new Set(steps)].sort());
      }),
      { numRuns: 8 },
    );
  });
});
