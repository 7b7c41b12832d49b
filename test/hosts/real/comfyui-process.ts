import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from './forge-process.js';

const fromHere = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = fromHere('../../..');
const { STEPS_ANIMATION_COMFYUI, STEPS_ANIMATION_COMFYUI_PYTHON } = process.env;

/** A checkout of ComfyUI, where the environment names one. */
export const comfyuiFolder = STEPS_ANIMATION_COMFYUI;

const submitted = z.object({ prompt_id: z.string() });
const file = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() });
const output = z.looseObject({ images: z.array(file).optional(), text: z.array(z.string()).optional() });
const ended = z.object({
  outputs: z.record(z.string(), output),
  status: z.object({ status_str: z.string(), messages: z.array(z.tuple([z.string(), z.looseObject({})])) }),
});
const historySchema = z.record(z.string(), ended);

/** A workflow in API format. */
export type Workflow = Readonly<Record<string, { class_type: string; inputs: Readonly<Record<string, unknown>> }>>;
export type Ended = z.output<typeof ended>;

/** ComfyUI on the CPU with our nodes and an untrained model, in a folder of its own. */
export class ComfyuiProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly base: string;

  private constructor(child: ChildProcess, url: string, base: string) {
    this.#child = child;
    this.url = url;
    this.base = base;
  }

  /** @param base an empty folder */
  static async start(base: string): Promise<ComfyuiProcess> {
    const python = STEPS_ANIMATION_COMFYUI_PYTHON ?? 'python3';
    const env = { ...process.env, STEPS_ANIMATION: root, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
    const nodes = join(base, 'custom_nodes');
    await mkdir(nodes, { recursive: true });
    await symlink(join(root, 'integrations', 'comfyui'), join(nodes, 'steps_animation'));
    const maker = ['-B', fromHere('make_comfyui_models.py'), join(base, 'models')];
    const made = spawnSync(python, maker, { cwd: comfyuiFolder, env });
    if (made.status !== 0) throw new Error(made.stderr.toString());
    const port = await freePort();
    const flags = ['--cpu', '--disable-auto-launch', '--base-directory', base, '--port', `${port}`];
    const child = spawn(python, ['-B', 'main.py', ...flags], {
      cwd: comfyuiFolder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
    const comfyui = new ComfyuiProcess(child, `http://127.0.0.1:${port}`, base);
    while (!(await fetch(comfyui.url).catch(() => undefined))) {
      if (child.exitCode !== null) throw new Error(`ComfyUI has ended:\n${log}`);
      await wait(500);
    }
    return comfyui;
  }

  async submit(prompt: Workflow): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/prompt`, { method: 'POST', headers, body: JSON.stringify({ prompt }) });
    if (!response.ok) throw new Error(await response.text());
    return submitted.parse(await response.json()).prompt_id;
  }

  async interrupt(): Promise<void> {
    await fetch(`${this.url}/interrupt`, { method: 'POST' });
  }

  async ended(id: string): Promise<Ended> {
    for (;;) {
      const history = historySchema.parse(await (await fetch(`${this.url}/history/${id}`)).json());
      if (history[id]) return history[id];
      await wait(100);
    }
  }

  async run(prompt: Workflow): Promise<Ended> {
    return await this.ended(await this.submit(prompt));
  }

  /** Where a file lies that ComfyUI has told of. */
  path({ filename, subfolder, type }: z.output<typeof file>): string {
    return join(this.base, type, subfolder, filename);
  }

  /** Processes of `record` that the nodes have started. */
  records(): readonly number[] {
    const { stdout } = spawnSync('pgrep', ['-P', `${this.#child.pid}`, '-f', ' record '], { encoding: 'utf8' });
    return stdout.split('\n').filter(Boolean).map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}
