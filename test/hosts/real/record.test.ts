import { describe, expect, it } from 'vitest';
import { createComfyuiHost } from '#src/hosts/comfyui/host.js';
import type { GenerationRequest, Host } from '#src/hosts/host.js';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import { createWebuiHost } from '#src/hosts/webui/host.js';
import { type ComfyuiScenario, comfyuiScenarios } from '../record/comfyui-scenarios.js';
import { invokeaiScenarios } from '../record/invokeai-scenarios.js';
import { writeRecording } from '../record/recording.js';
import { RecordingProxy } from '../record/recording-proxy.js';
import { runScenario, type Scenario } from '../record/run-scenario.js';
import { webuiScenarios } from '../record/webui-scenarios.js';

/**
 * Records the traffic of our hosts with real programs into test/hosts/fixtures, for test/hosts/replay. By hand, with
 * programs that have a small model; `-t batch` records one alone:
 *
 *     python main.py --cpu --preview-method auto --preview-size 64     # ComfyUI
 *     RECORD_COMFYUI=http://127.0.0.1:8188 npx vitest run test/hosts/real/record.test.ts
 *     invokeai-web                                                     # InvokeAI, with device: cpu in invokeai.yaml
 *     RECORD_INVOKEAI=http://127.0.0.1:9090 npx vitest run test/hosts/real/record.test.ts
 *     python launch.py --always-cpu --api                              # Forge
 *     RECORD_WEBUI=http://127.0.0.1:7860 npx vitest run test/hosts/real/record.test.ts
 */
const { RECORD_COMFYUI: comfyui, RECORD_INVOKEAI: invokeai, RECORD_WEBUI: webui } = process.env;

type DisposableHost = Host & AsyncDisposable;

async function record(name: string, target: string, scenario: Scenario, open: (url: string) => DisposableHost) {
  const { stepsOfAnother, proxy: settings } = scenario;
  await using another = open(target);
  if (stepsOfAnother) await occupy(another, { ...scenario.request, prompt: 'another', steps: stepsOfAnother });
  await using proxy = await RecordingProxy.start(target, settings);
  {
    await using host = open(proxy.url);
    const { steps, images, notes, error } = await runScenario(host, scenario, () => proxy.cut());
    console.log(name, { steps: steps.join(' '), images, notes, error: String(error ?? '') });
  }
  expect(proxy.recording).not.toEqual([]);
  await writeRecording(name, proxy.recording);
}

/** Has a run of another client at work, which goes on. */
async function occupy(host: Host, request: GenerationRequest): Promise<void> {
  const events = host.generate(request)[Symbol.asyncIterator]();
  for (let next = await events.next(); !next.done && next.value.type !== 'step'; ) next = await events.next();
}

describe.skipIf(!comfyui)('records ComfyUI', { timeout: 600_000 }, () => {
  it.each(Object.entries<ComfyuiScenario>(comfyuiScenarios))('%s', async (name, scenario) => {
    await record(`comfyui-${name}`, comfyui ?? '', scenario, (url) => createComfyuiHost({ url, ...scenario.settings }));
  });
});

describe.skipIf(!invokeai)('records InvokeAI', { timeout: 600_000 }, () => {
  it.each(Object.entries<Scenario>(invokeaiScenarios))('%s', async (name, scenario) => {
    await record(`invokeai-${name}`, invokeai ?? '', scenario, (url) => createInvokeaiHost({ url }));
  });
});

describe.skipIf(!webui)('records a web UI', { timeout: 600_000 }, () => {
  it.each(Object.entries<Scenario>(webuiScenarios))('%s', async (name, scenario) => {
    await record(`webui-${name}`, webui ?? '', scenario, (url) => createWebuiHost({ url }));
  });
});
