import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import { invokeaiScenarios } from '../record/invokeai-scenarios.js';
import { readRecording } from '../record/recording.js';
import { type Outcome, runScenario, type Scenario } from '../record/run-scenario.js';
import { ReplayedProgram } from './replayed-program.js';
import { eventsOf, queueSockets } from './served-sockets.js';
import { type Script, scriptOf, withCut, withDuplicates, withSwaps } from './socket-script.js';

type Name = keyof typeof invokeaiScenarios;
type Replayed = Outcome & { readonly orders: readonly string[] };

const readEvents = async (name: Name) => eventsOf(await readRecording(`invokeai-${name}`));

async function replay(name: Name, change?: (script: Script) => Script): Promise<Replayed> {
  const invokeai = await ReplayedProgram.start(await readEvents(name), queueSockets, change);
  const scenario: Scenario = invokeaiScenarios[name];
  await using host = createInvokeaiHost({ url: invokeai.url });
  const outcome = await runScenario(host, scenario, () => invokeai.cut());
  return { ...outcome, orders: invokeai.orders };
}

const upTo = (last: number, image = 0) => Array.from({ length: last }, (_, index) => `${image}:0:${index + 1}`);

const finished = ['0:finished'];
const enqueue = '/api/v1/queue/default/enqueue_batch';
const upload = '/api/v1/images/upload?image_category=other&is_intermediate=true';
const cancel = expect.stringMatching(/^\/api\/v1\/queue\/default\/i\/\d+\/cancel$/u);
const busy = ['InvokeAI is busy with something else: this waits.'];

describe('as InvokeAI did, its host', { timeout: 60_000 }, () => {
  const ended: readonly [Name, Partial<Replayed>][] = [
    ['txt2img', { steps: upTo(4), images: finished, notes: [], orders: [enqueue] }],
    ['heun', { steps: upTo(4), images: finished }],
    ['batch', { steps: [...upTo(3), ...upTo(3, 1)], images: ['0:finished', '1:finished'], orders: [enqueue, enqueue] }],
    ['img2img', { steps: upTo(2), images: finished, orders: [upload, upload, enqueue] }],
    ['interrupt', { steps: upTo(3), images: ['0:interrupted'], orders: [enqueue, cancel] }],
    [
      'skip',
      {
        steps: [...upTo(2), ...upTo(40, 1)],
        images: ['0:skipped', '1:finished'],
        orders: [enqueue, cancel, enqueue],
      },
    ],
    ['queue', { steps: upTo(3), images: finished, notes: busy }],
    ['left-queue', { steps: [], images: [], notes: busy, orders: [enqueue, cancel] }],
  ];
  it.each(ended)('yields the run %s', async (name, expected) => {
    expect(await replay(name)).toMatchObject({ error: undefined, ...expected });
  });

  it('shows every step in the size of the image', async () => {
    const { stepPictures, pictures } = await replay('txt2img');
    for (const picture of [...stepPictures, ...pictures]) expect(picture).toMatchObject({ width: 64, height: 64 });
  });

  it('knows after a cut which steps were missed', async () => {
    const { steps, images, error } = await replay('cut');
    expect({ images, error }).toEqual({ images: finished, error: undefined });
    expect(steps).toEqual([...upTo(2), ...upTo(100).slice(-(steps.length - 2))]);
    expect(steps.length).toBeGreaterThan(50);
  });

  it('yields what was made before a node failed, and the failure', async () => {
    const { steps, images, error } = await replay('failure');
    expect({ steps, images }).toEqual({ steps: upTo(4), images: ['0:interrupted'] });
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/OSError: .*no file named/u) });
  });

  it('says why InvokeAI refuses a request', async () => {
    const { images, error } = await replay('refused');
    expect(images).toEqual([]);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(/rescale_multiplier.* less than 1/u) });
  });

  it('ends on the finished image wherever the sockets are cut off, with no step twice', async () => {
    const messages = scriptOf(await readEvents('txt2img')).length;
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
    const messages = scriptOf(await readEvents('txt2img')).length;
    const once = await replay('txt2img');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: messages - 1 }), { maxLength: 6 }), async (places) => {
        expect(await replay('txt2img', (script) => withDuplicates(script, places))).toEqual(once);
      }),
      { numRuns: 6 },
    );
  });

  it('ends on the finished image though messages come in another order', async () => {
    const messages = scriptOf(await readEvents('txt2img')).length;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: messages - 1 }), { maxLength: 6 }), async (places) => {
        const { steps, images, error } = await replay('txt2img', (script) => withSwaps(script, places));
        expect({ images, error }).toEqual({ images: finished, error: undefined });
        expect(steps).toEqual([...new Set(steps)].sort());
      }),
      { numRuns: 6 },
    );
  });
});
