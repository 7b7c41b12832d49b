import { describe, expect, it } from 'vitest';
import { createWebuiHost } from '#src/hosts/webui/host.js';
import { readRecording } from '../record/recording.js';
import { type Outcome, runScenario, type Scenario } from '../record/run-scenario.js';
import { webuiScenarios } from '../record/webui-scenarios.js';
import { ReplayedWebui, type ReplaySettings } from './replayed-webui.js';

type Name = keyof typeof webuiScenarios;

async function replay(
  name: Name,
  settings?: ReplaySettings,
): Promise<Outcome & { readonly orders: readonly string[] }> {
  const webui = await ReplayedWebui.start(await readRecording(`webui-${name}`), settings);
  const scenario: Scenario = webuiScenarios[name];
  await using host = createWebuiHost({ url: webui.url });
  const outcome = await runScenario(host, scenario, () => undefined);
  return { ...outcome, orders: webui.orders };
}

/** Steps of one pass as they are yielded, from the second on: the first one is over before its preview is there. */
const upTo = (last: number, image = 0, pass = 0) =>
  Array.from({ length: last - 1 }, (_, index) => `${image}:${pass}:${index + 2}`);

const generation = '/sdapi/v1/txt2img';

describe('as Forge did, the web UI host', { timeout: 60_000 }, () => {
  const ended: readonly [Name, Partial<Outcome & { orders: readonly string[] }>][] = [
    ['euler-a', { steps: upTo(8), images: ['0:finished'], notes: ['The web UI showed 7 of 8 steps.'] }],
    ['hires', { steps: [...upTo(4), ...upTo(4, 0, 1)], images: ['0:finished'] }],
    ['batch', { steps: [...upTo(5), ...upTo(5, 1)], images: ['0:finished', '1:finished'] }],
    ['img2img', { steps: upTo(5), images: ['0:finished'], orders: ['/sdapi/v1/img2img'] }],
    ['interrupt', { steps: upTo(5), images: ['0:interrupted'], orders: [generation, '/sdapi/v1/interrupt'] }],
    [
      'skip',
      {
        steps: [...upTo(4), ...upTo(12, 1)],
        images: ['0:skipped', '1:finished'],
        orders: [generation, '/sdapi/v1/skip', generation],
      },
    ],
    ['busy', { steps: upTo(4), images: ['0:finished'], notes: [expect.stringContaining('busy'), expect.anything()] }],
  ];
  it.each(ended)('yields the run %s', async (name, expected) => {
    expect(await replay(name)).toMatchObject({ error: undefined, ...expected });
  });

  it('yields the steps of an adaptive sampler, which has more than were planned', async () => {
    const { steps, images } = await replay('adaptive');
    expect(images).toEqual(['0:finished']);
    expect(steps.length).toBeGreaterThanOrEqual(7);
    expect(steps).toEqual([...new Set(steps)]);
    expect(['0:0:1', ...upTo(11)]).toEqual(expect.arrayContaining([...steps]));
  });

  it.each([
    ['broken-model', /failed \(500\): ValueError/u],
    ['unknown-sampler', /no sampler "Nonsense"; it has: .*Euler a/u],
  ] as const)('reports the failure %s', async (name, message) => {
    const { images, error } = await replay(name);
    expect(images).toEqual([]);
    expect(error).toMatchObject({ code: expect.any(String), message: expect.stringMatching(message) });
  });

  it('has the finished image though questions go unanswered, and no step twice', async () => {
    const { steps, images, error } = await replay('euler-a', { isLost: (question) => question % 3 === 1 });
    expect(error).toBeUndefined();
    expect(images).toEqual(['0:finished']);
    expect(steps.length).toBeGreaterThan(0);
    expect(upTo(8)).toEqual(expect.arrayContaining([...steps]));
    expect(steps).toEqual([...new Set(steps)].sort());
  });

  it('has the finished image though no question is answered once it is at work', async () => {
    const { steps, images, error } = await replay('euler-a', { isLost: (question) => question > 0 });
    expect({ steps, images, error }).toEqual({ steps: [], images: ['0:finished'], error: undefined });
  });
});
