import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';

type Body = Readonly<Record<string, unknown>>;
type Task = { readonly id: string; readonly body: Body; readonly response: ServerResponse };

const size = { width: 16, height: 8 };

/**
 * A web UI without a model that keeps its state as Forge's `shared_state.py`, `progress.py` and `api.py` do: the first
 * step of a pass has no preview, jobs are passes, and the step at work counts from 0. Each further step is taken when
 * the preview of the one before has been fetched. A picture's red is its step, from 1, its green the pass.
 */
export class FakeWebui {
  url = '';
  readonly requests: { readonly path: string; readonly body: Body; readonly authorization: string | undefined }[] = [];
  models = [{ title: 'first.safetensors [0123456789]', model_name: 'first' }];
  options: Body = { sd_model_checkpoint: 'first.safetensors [0123456789]' };
  samplers = ['Euler a', 'Euler', 'DPM adaptive'].map((name) => ({ name, aliases: [name.replace(' ', '_')] }));
  schedulers: { name: string; label: string }[] | undefined = [
    { name: 'automatic', label: 'Automatic' },
    { name: 'karras', label: 'Karras' },
  ];
  /** false in an old web UI, which knows no `force_task_id` */
  knowsTasks = true;
  /** whether what is overridden for one image stays, as where nobody has saved settings yet */
  keepsOverrides = false;
  /** steps that are taken while one preview is fetched */
  stepsAtOnce = 1;
  /** steps that a pass really takes */
  actualSteps: number | undefined;
  /** asked before a request is answered; true when that has answered */
  intercept: (path: string, response: ServerResponse, body: Body) => boolean = () => false;
  /** called at each step, from 1 */
  onStep: (step: number, pass: number) => void = () => {};
  readonly state = {
    ...{ skipped: false, interrupted: false, job: '', job_count: 0, job_no: 0, job_timestamp: '0' },
    ...{ sampling_step: 0, sampling_steps: 0 },
  };
  #pending: Task[] = [];
  #current: string | undefined;
  #latent = 0;
  #preview = { id: 0, latent: 0, step: 0 };
  #fetched = () => {};
  #begun = 0;

  /** Something that somebody else asked for is at work until the returned function is called. */
  occupy(): () => void {
    this.#begin('somebody else');
    return () => {
      this.state.job = '';
      void this.#next();
    };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path } = new URL(request.url ?? '', this.url);
    const body = request.method === 'POST' ? ((await readJson(request)) as Body) : {};
    this.requests.push({ path, body, authorization: request.headers.authorization });
    if (this.intercept(path, response, body)) return;
    if (path === '/sdapi/v1/txt2img' || path === '/sdapi/v1/img2img') return this.#add(body, response);
    const answer = await this.#answerTo(path, body);
    response.statusCode = answer === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer ?? { detail: 'Not Found' }));
  }

  async #answerTo(path: string, body: Body): Promise<unknown> {
    switch (path) {
      case '/sdapi/v1/sd-models':
        return this.models;
      case '/sdapi/v1/options':
        this.options = { ...this.options, ...body };
        return this.options;
      case '/sdapi/v1/samplers':
        return this.samplers;
      case '/sdapi/v1/schedulers':
        return this.schedulers;
      case '/sdapi/v1/progress':
        return await this.#progress();
      case '/internal/progress':
        return await this.#taskProgress(body);
      case '/sdapi/v1/interrupt':
        this.state.interrupted = true;
        this.#fetched();
        return {};
      case '/sdapi/v1/skip':
        this.state.skipped = true;
        this.#fetched();
        return null;
    }
  }

  #add(body: Body, response: ServerResponse): void {
    const id = this.knowsTasks ? String(body.force_task_id) : 'of its own';
    this.#pending.push({ id, body, response });
    void this.#next();
  }

  async #next(): Promise<void> {
    if (this.state.job !== '') return;
    const task = this.#pending.shift();
    if (!task) return;
    this.#begin(task.id);
    const { body, response } = task;
    const passes = [Number(body.steps)];
    if (body.enable_hr) passes.push(Number(body.hr_second_pass_steps) || Number(body.steps));
    this.state.job_count = passes.length;
    if (this.keepsOverrides) this.options = { ...this.options, ...(body.override_settings as Body) };
    for (const [pass, steps] of passes.entries()) await this.#sample(pass, steps);
    const image = (await png(this.#latent, size)).toString('base64');
    const { job_timestamp } = this.state;
    const info = JSON.stringify({
      infotexts: [`${body.prompt}\nSteps: ${body.steps}, Seed: ${body.seed}`],
      job_timestamp,
    });
    this.state.job = '';
    this.state.job_count = 0;
    this.#current = undefined;
    response.end(JSON.stringify({ images: [image], parameters: {}, info }));
    void this.#next();
  }

  #begin(task: string): void {
    this.#begun++;
    this.#current = task;
    Object.assign(this.state, {
      job: 'scripts_txt2img',
      job_timestamp: `2025${this.#begun}`,
      job_no: 0,
      sampling_step: 0,
    });
    Object.assign(this.state, { skipped: false, interrupted: false, job_count: 1 });
    this.#preview = { id: 0, latent: 0, step: 0 };
  }

  async #sample(pass: number, steps: number): Promise<void> {
    this.state.sampling_steps = steps;
    for (let step = 0; step < (this.actualSteps ?? steps); step++) {
      if (this.state.interrupted || this.state.skipped) return;
      this.#latent = pass * 256 + step + 1;
      this.state.sampling_step = step;
      this.onStep(step + 1, pass);
      const isShown = step > 0 && step % this.stepsAtOnce === 0;
      if (isShown && !this.state.interrupted && !this.state.skipped) {
        await new Promise<void>((resolve) => {
          this.#fetched = resolve;
        });
      }
    }
    this.state.job_no++;
    this.state.sampling_step = 0;
    this.#preview.step = 0;
  }

  #setCurrentImage(): void {
    if (this.state.sampling_step - this.#preview.step < 1) return;
    this.#preview = { id: this.#preview.id + 1, latent: this.#latent, step: this.state.sampling_step };
  }

  async #progress(): Promise<unknown> {
    const { state } = this;
    if (state.job_count === 0) return { progress: 0, eta_relative: 0, state, current_image: null, textinfo: null };
    this.#setCurrentImage();
    const { latent } = this.#preview;
    const copy = { ...state };
    const current_image = latent > 0 ? (await preview(latent)).toString('base64') : null;
    if (!this.knowsTasks) this.#fetched();
    return { progress: 0.01, eta_relative: 0, state: copy, current_image, textinfo: null };
  }

  async #taskProgress({ id_task, id_live_preview }: Body): Promise<unknown> {
    const { job_no, job_count, sampling_step, sampling_steps } = this.state;
    const isActive = id_task === this.#current;
    const queued = this.#pending.some(({ id }) => id === id_task);
    const textinfo = queued ? 'In queue: 1/1' : 'Waiting...';
    if (!isActive) return { active: false, queued, completed: false, id_live_preview: -1, textinfo };
    const progress = Math.min(job_no / job_count + sampling_step / sampling_steps / job_count, 1);
    this.#setCurrentImage();
    const { id, latent } = this.#preview;
    const isNew = id !== id_live_preview && latent > 0;
    const live_preview = isNew ? `data:image/png;base64,${(await preview(latent)).toString('base64')}` : null;
    if (!isNew) return { active: true, queued: false, completed: false, progress, live_preview, id_live_preview };
    this.#fetched();
    return { active: true, queued: false, completed: false, progress, live_preview, id_live_preview: id };
  }
}

/** A fake web UI that ends with the test. */
export async function startFakeWebui(changes: Partial<FakeWebui> = {}): Promise<FakeWebui> {
  const fake = Object.assign(new FakeWebui(), changes);
  const server = createServer((request, response) => void fake.answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

async function preview(latent: number): Promise<Buffer> {
  return await png(latent, { width: 2, height: 1 });
}

async function png(latent: number, { width, height }: { width: number; height: number }): Promise<Buffer> {
  const background = { r: latent % 256, g: Math.floor(latent / 256), b: 0 };
  return await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}
