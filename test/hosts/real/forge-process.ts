import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const fromHere = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = fromHere('../../..');

const answerSchema = z.object({ images: z.array(z.string()), info: z.string() });
const infoSchema = z.object({
  extra_generation_params: z.object({
    'Steps animation': z.array(z.string()).optional(),
    'Steps animation trouble': z.string().optional(),
  }),
});

/** What a request for images is answered with. */
export type Answer = {
  /** PNG files in base64 */
  readonly images: readonly string[];
  readonly movies: readonly string[];
  readonly trouble: string | undefined;
};

/** Forge on the CPU, with a copy of the extension and a random model, in a data folder of its own. */
export class ForgeProcess {
  readonly #child: ChildProcess;
  readonly address: string;
  readonly data: string;

  private constructor(child: ChildProcess, address: string, data: string) {
    this.#child = child;
    this.address = address;
    this.data = data;
  }

  /**
   * @param forge a checkout with a virtual environment in `venv`
   * @param settings of Forge; where they are given, it has its page
   */
  static async start(forge: string, data: string, settings?: Record<string, unknown>): Promise<ForgeProcess> {
    const python = join(forge, 'venv', 'bin', 'python');
    const models = join(data, 'models', 'Stable-diffusion');
    await mkdir(models, { recursive: true });
    const checkpoint = join(models, 'random.safetensors');
    const made = spawnSync(python, ['-B', fromHere('make_forge_checkpoint.py'), checkpoint], { cwd: forge });
    if (made.status !== 0) throw new Error(made.stderr.toString());
    await cp(join(root, 'integrations', 'webui'), join(data, 'extensions', 'steps-animation'), { recursive: true });
    const port = await freePort();
    const always = ['--skip-prepare-environment', '--skip-torch-cuda-test', '--always-cpu', '--api'];
    const flags = [...always, ...(settings ? ['--gradio-allowed-path', forge] : ['--nowebui'])];
    if (settings) await writeFile(join(data, 'config.json'), JSON.stringify(settings));
    const child = spawn(python, ['-B', 'launch.py', ...flags, '--data-dir', data, '--port', `${port}`], {
      cwd: forge,
      env: { ...process.env, STEPS_ANIMATION: root, HF_HUB_OFFLINE: '1', COMMANDLINE_ARGS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
    const process_ = new ForgeProcess(child, `http://127.0.0.1:${port}`, data);
    while (!(await process_.get('/sdapi/v1/samplers').catch(() => undefined))) {
      if (child.exitCode !== null) throw new Error(`Forge has ended:\n${log}`);
      await wait(500);
    }
    return process_;
  }

  async get(path: string): Promise<unknown> {
    return await (await fetch(this.address + path)).json();
  }

  async post(path: string, body: unknown): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(this.address + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  }

  /** @param args those of the script; undefined leaves it out */
  async generate(tab: 'txt2img' | 'img2img', request: Record<string, unknown>, args?: unknown): Promise<Answer> {
    const scripts = args === undefined ? {} : { 'Steps animation': { args } };
    const usual = { prompt: 'a red apple', width: 64, height: 64, steps: 6, seed: 42, sampler_name: 'Euler a' };
    const body = { ...usual, ...request, alwayson_scripts: scripts };
    const { images, info } = answerSchema.parse(await this.post(`/sdapi/v1/${tab}`, body));
    const told = infoSchema.parse(JSON.parse(info)).extra_generation_params;
    return { images, movies: told['Steps animation'] ?? [], trouble: told['Steps animation trouble'] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const manifestSchema = z.object({
  images: z.array(
    z.object({
      seed: z.number(),
      reason: z.string().nullable(),
      steps: z.array(z.object({ step: z.number(), pass: z.string(), file: z.string() })),
    }),
  ),
});

/** What `record` noted of a run beside its intermediate images. */
export async function readManifest(path: string) {
  return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}
