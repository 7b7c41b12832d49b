import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readModelFolder } from '#src/diffusion/networks/model-folder.js';
import { checkRequest } from '#src/hosts/check-request.js';
import { createComfyuiHost } from '#src/hosts/comfyui/host.js';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { planRequest } from '#src/hosts/embedded/plan.js';
import type { GenerationRequest, Host } from '#src/hosts/host.js';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import { createWebuiHost } from '#src/hosts/webui/host.js';
import { describeOptions, type OptionDescription } from '#src/options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '#src/options/generation-options.js';
import { labelInSentence, rowsOf } from '#src/options/option.js';
import { pathOf } from '../diffusion/pipelines/golden.js';
import { otherValue } from '../helpers/options.js';
import { emerging } from '../helpers/pictures.js';
import { FakeComfyui } from './comfyui/fake-comfyui.js';
import { FakeInvokeai } from './invokeai/fake-invokeai.js';
import { startFakeWebui } from './webui/fake-webui.js';

/** What a host makes of a request: all that it sends or runs, and what it tells. */
type Trace = { readonly made: string; readonly notes: readonly string[] };
type Tracing = (request: GenerationRequest) => Promise<Trace>;

const workflow = JSON.parse(readFileSync(new URL('comfyui/two-passes.json', import.meta.url), 'utf8'));

const hosts: Readonly<Record<string, Tracing>> = {
  embedded: async (request) => {
    const modelsFolder = pathOf('');
    await using host = createEmbeddedHost({ modelsFolder });
    const named = { model: 'sd15', ...request };
    await host.check?.(named);
    const { images, ...plan } = await planRequest(checkRequest(named), await readModelFolder(pathOf('sd15')));
    return { made: JSON.stringify(plan), notes: [] };
  },
  comfyui: (request) => traceComfyui(request, undefined),
  'comfyui with a workflow': (request) => traceComfyui(request, workflow),
  'invokeai with SD 1': (request) => traceInvokeai(request, 'tiny'),
  'invokeai with SDXL': (request) => traceInvokeai(request, 'large'),
  webui: async (request) => {
    const fake = await startFakeWebui();
    const run = await runWith(createWebuiHost({ url: fake.url }), request);
    const sent = fake.requests.filter(({ path }) => path.includes('2img'));
    return traceOf(run, [sent.map(({ path, body: { force_task_id: _, ...body } }) => [path, body])]);
  },
};

async function traceComfyui(request: GenerationRequest, own: unknown): Promise<Trace> {
  const fake = await FakeComfyui.start(async (run) => run.end());
  const run = await runWith(createComfyuiHost({ url: fake.url, workflow: own }), request);
  const sent = fake.runs.map(({ submitted: { prompt, extra_data } }) => [prompt, extra_data]);
  return traceOf(run, [JSON.stringify(sent, (key, value) => (isRandom(key) ? null : value)), fake.uploads.map(String)]);
}

async function traceInvokeai(request: GenerationRequest, model: string): Promise<Trace> {
  const fake = await FakeInvokeai.start(async (item) => item.end());
  const run = await runWith(createInvokeaiHost({ url: fake.url }), { model, ...request });
  return traceOf(run, [fake.items.map(({ graph }) => graph), fake.uploads.map(String)]);
}

const isRandom = (key: string) => key === 'steps_animation_run' || key === 'client_id';

type Run = { readonly passes: unknown; readonly steps: readonly string[]; readonly notes: readonly string[] };

async function runWith(host: Host & AsyncDisposable, request: GenerationRequest): Promise<Run> {
  onTestFinished(() => host[Symbol.asyncDispose]());
  let passes: unknown;
  const [steps, notes] = [[] as string[], [] as string[]];
  for await (const event of host.generate(request)) {
    if (event.type === 'start') passes = event.passes;
    if (event.type === 'step') steps.push(`${event.image}:${event.pass}:${event.step}`);
    if (event.type === 'note') notes.push(event.message);
  }
  return { passes, steps, notes };
}

/** Steps are left out where it depends on the moment which of them the program shows. */
function traceOf({ passes, steps, notes }: Run, sent: readonly unknown[]): Trace {
  const starts = steps.filter((step) => step.endsWith(':0:1')).length;
  return { made: JSON.stringify([passes, starts, sent]), notes };
}

const start = { picture: emerging(80, 40, 0.5), mask: emerging(80, 40, 0.9) };
const base = { prompt: 'a red apple', seed: 5, steps: 3, width: 64, height: 48 } satisfies GenerationRequest;
const rows = rowsOf(generationOptionsSchema);

/** The request without the option and with it; what the option is a detail of is set in both. */
function requestsOf({ name, ...option }: OptionDescription): readonly [GenerationRequest, GenerationRequest] {
  const { partOf } = rows[name as keyof typeof rows] ?? {};
  const wholes = { variationStrength: 0.5, hiresScale: 2, seedResizeFromWidth: 32 };
  const detail = name.startsWith('seedResizeFrom') ? { seedResizeFromWidth: 32, seedResizeFromHeight: 32 } : {};
  const common = { ...base, ...detail, ...(partOf && { [partOf]: wholes[partOf] }) };
  return [common, { ...common, [name]: otherValue({ name, ...option }) }];
}

function imgRequestsOf(option: OptionDescription): readonly [GenerationRequest, GenerationRequest] {
  return [
    { ...base, start },
    { ...base, start: { ...start, [option.name]: otherValue(option) } },
  ];
}

const options = [
  ...describeOptions(generationOptionsSchema).map((option) => [option.name, option, requestsOf(option)] as const),
  ...describeOptions(img2imgOptionsSchema).map((option) => [option.name, option, imgRequestsOf(option)] as const),
];

/** ComfyUI takes the best previews that it has files for: `auto` and `tae` are the same there. */
const sameAsDefault = new Set(['comfyui preview']);

describe.each(Object.entries(hosts))('with %s', (host, trace) => {
  it.each(options)('%s is taken, refused or reported as unused', async (name, option, [without, given]) => {
    const [before, after] = [await outcomeOf(trace(without)), await outcomeOf(trace(given))];
    // Details have no effect without what they are details of, of which the host tells.
    const labels = [option, ...wholeOf(name)].map(labelInSentence);
    if (typeof before === 'string' || typeof after === 'string') return expectNamed([before, after], labels);
    const isReported = after.notes.some((note) => labels.some((label) => note.includes(label)));
    if (isReported || sameAsDefault.has(`${host} ${name}`)) return;
    expect(after.made).not.toBe(before.made);
  });
});

function wholeOf(name: string) {
  const { partOf } = rows[name as keyof typeof rows] ?? {};
  return partOf ? [rows[partOf]] : [];
}

/** A refusal has to say what is refused. */
function expectNamed(outcomes: readonly (Trace | string)[], labels: readonly string[]): void {
  const refusals = outcomes.filter((outcome) => typeof outcome === 'string');
  const words = new RegExp(
    [...labels, 'checkpoint', 'model', 'sampler', 'schedule', 'starting picture'].join('|'),
    'iu',
  );
  for (const refusal of refusals) expect(refusal).toMatch(words);
}

/** The trace, or the refusal. */
async function outcomeOf(trace: Promise<Trace>): Promise<Trace | string> {
  return await trace.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'usage') return error.message;
    throw error;
  });
}
