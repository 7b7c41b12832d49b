import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median } from './statistics.mjs';

const root = join(import.meta.dirname, '..');
const own = join(import.meta.dirname, 'hosts');
const { STEPS_ANIMATION_PYTHON, STEPS_ANIMATION_FORGE, STEPS_ANIMATION_COMFYUI } = process.env;
const steps = 12;
const size = 128;

/**
 * How much longer sampling takes with us listening to it: seconds of the sampler alone, runs with and without us by
 * turns in one process. Measured where the environment names the programs, as test/hosts/real does.
 */
export async function measureHosts(work, rounds) {
  const pairs = 3 * rounds;
  const figures = {
    ...(STEPS_ANIMATION_PYTHON && { diffusers: summary(await inDiffusers(pairs)) }),
    ...(STEPS_ANIMATION_FORGE && (await inForge(join(work, 'forge'), pairs))),
    ...(STEPS_ANIMATION_COMFYUI && (await inComfyui(join(work, 'comfyui'), pairs))),
  };
  if (Object.keys(figures).length === 0) return undefined;
  console.log(`\nhosts: seconds of sampling without and with us (medians of ${pairs} pairs)`);
  console.table(figures);
  return { pairs, hosts: figures };
}

/** Ratios are taken pair by pair, so that what slows the machine for a while counts in both. */
function summary(times) {
  const pairs = times.flatMap((_, index) => (index % 2 === 0 ? [[times[index], times[index + 1]]] : []));
  const ratios = pairs.map(([without, with_]) => with_ / without);
  return {
    without: median(pairs.map(([without]) => without)),
    with: median(pairs.map(([, with_]) => with_)),
    ratio: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
  };
}

async function inDiffusers(pairs) {
  const script = join(own, 'diffusers_sampling.py');
  const { stdout, stderr, status } = await run(STEPS_ANIMATION_PYTHON, ['-B', '-W', 'ignore', script, `${pairs}`]);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map(Number);
}

async function inForge(data, pairs) {
  const python = join(STEPS_ANIMATION_FORGE, 'venv', 'bin', 'python');
  const models = join(data, 'models', 'Stable-diffusion');
  const clock = join(data, 'extensions', 'clock', 'scripts');
  for (const folder of [models, clock]) mkdirSync(folder, { recursive: true });
  const maker = join(root, 'test', 'hosts', 'real', 'make_forge_checkpoint.py');
  spawnSync(python, ['-B', maker, join(models, 'random.safetensors')], { cwd: STEPS_ANIMATION_FORGE });
  cpSync(join(root, 'integrations', 'webui'), join(data, 'extensions', 'steps-animation'), { recursive: true });
  for (const name of ['sampling_clock.py', 'webui_clock.py']) cpSync(join(own, name), join(clock, name));
  const flags = ['--skip-prepare-environment', '--skip-torch-cuda-test', '--always-cpu', '--api', '--nowebui'];
  const host = await startHost(python, ['-B', 'launch.py', ...flags, '--data-dir', data], {
    ...{ cwd: STEPS_ANIMATION_FORGE, times: join(data, 'times.txt'), path: '/sdapi/v1/samplers' },
    ...{ env: { HF_HUB_OFFLINE: '1', COMMANDLINE_ARGS: '' }, clock },
  });
  const generate = async (isAnimated, previews) => {
    const alwayson_scripts = isAnimated ? { 'Steps animation': { args: [true, 'x264', 'blend', '1'] } } : {};
    await host.post('/sdapi/v1/txt2img', {
      ...{ prompt: 'a', seed: 1, steps, width: size, height: size, sampler_name: 'Euler a', alwayson_scripts },
      override_settings: { live_previews_enable: previews, show_progress_type: 'Approx cheap' },
      ...{ save_images: false, send_images: false },
    });
  };
  const generateWatched = async (isAnimated) => {
    const ended = new AbortController();
    const polling = poll(() => host.get('/sdapi/v1/progress'), ended.signal);
    await generate(isAnimated, true);
    ended.abort();
    await polling;
  };
  try {
    return {
      'Forge, live previews off': summary(await host.byTurns(pairs, (isAnimated) => generate(isAnimated, false))),
      'Forge, cheap previews': summary(await host.byTurns(pairs, generateWatched)),
    };
  } finally {
    await host.end();
  }
}

/** Asks as a page does, each half a second. */
async function poll(ask, signal) {
  while (!signal.aborted) {
    await ask();
    await wait(500, undefined, { signal }).catch(() => {});
  }
}

async function inComfyui(base, pairs) {
  const nodes = join(base, 'custom_nodes');
  mkdirSync(nodes, { recursive: true });
  symlinkSync(join(STEPS_ANIMATION_COMFYUI, 'models'), join(base, 'models'));
  symlinkSync(join(root, 'integrations', 'comfyui'), join(nodes, 'steps_animation'));
  symlinkSync(join(own, 'comfyui_clock.py'), join(nodes, 'comfyui_clock.py'));
  const figures = {};
  for (const previews of ['none', 'latent2rgb']) {
    const flags = ['--cpu', '--preview-method', previews, '--disable-auto-launch', '--base-directory', base];
    const host = await startHost(process.env.STEPS_ANIMATION_COMFYUI_PYTHON ?? 'python3', ['main.py', ...flags], {
      ...{
        cwd: STEPS_ANIMATION_COMFYUI,
        times: join(base, `${previews}.txt`),
        path: '/system_stats',
        env: {},
        clock: own,
      },
    });
    const nodesAnswer = await host.get('/object_info/CheckpointLoaderSimple');
    const [[checkpoint]] = nodesAnswer.CheckpointLoaderSimple.input.required.ckpt_name;
    let seed = 0;
    const generate = async (isAnimated) => {
      const { prompt_id } = await host.post('/prompt', { prompt: workflow(checkpoint, isAnimated, ++seed) });
      for (;;) {
        const history = await host.get(`/history/${prompt_id}`);
        if (history[prompt_id]?.status.status_str === 'success') return;
        if (history[prompt_id]) throw new Error(JSON.stringify(history[prompt_id].status));
        await wait(200);
      }
    };
    const label = previews === 'none' ? 'ComfyUI, previews off' : 'ComfyUI, cheap previews';
    figures[label] = summary(await host.byTurns(pairs, generate).finally(host.end));
  }
  return figures;
}

function workflow(ckpt_name, isAnimated, seed) {
  const words = (text) => ({ class_type: 'CLIPTextEncode', inputs: { text, clip: ['1', 1] } });
  const sampling = { seed, steps, cfg: 4, sampler_name: 'euler_ancestral', scheduler: 'normal', denoise: 1 };
  const nodes = {
    1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name } },
    ...{ 2: words('a'), 3: words('') },
    4: { class_type: 'EmptyLatentImage', inputs: { width: size, height: size, batch_size: 1 } },
    5: {
      class_type: 'KSampler',
      inputs: {
        ...{ model: isAnimated ? ['8', 0] : ['1', 0], positive: ['2', 0], negative: ['3', 0], latent_image: ['4', 0] },
        ...sampling,
      },
    },
    6: { class_type: 'VAEDecode', inputs: { samples: ['5', 0], vae: ['1', 2] } },
    7: { class_type: 'PreviewImage', inputs: { images: ['6', 0] } },
  };
  if (!isAnimated) return nodes;
  return {
    ...nodes,
    8: { class_type: 'StepsAnimationWatch', inputs: { model: ['1', 0] } },
    9: { class_type: 'StepsAnimationSave', inputs: { images: ['6', 0], steps: ['8', 1], vae: ['1', 2], ...movie } },
  };
}

const movie = {
  ...{ codec: 'x264', interpolation: 'blend', duration: 1 },
  ...{ last_frame_duration: 0, decode: 'after', save_latents: false, more: '' },
};

/** Starts a program on a free port, and waits until it answers. */
async function startHost(command, flags, { cwd, env, times, path, clock }) {
  const port = await freePort();
  const child = spawn(command, [...flags, '--port', `${port}`], {
    ...{ cwd, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, ...env, STEPS_ANIMATION: root, SAMPLING_TIMES: times, PYTHONPATH: clock },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log = (log + text).slice(-10_000)));
  const ask = async (path, body) => {
    const sent = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, sent);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}\n${log}`);
    return await response.json();
  };
  while (!(await ask(path).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(log);
    await wait(500);
  }
  return {
    ...{ get: ask, post: ask },
    /** Seconds of sampling of runs without and with us; the first two warm up. */
    async byTurns(pairs, generate) {
      const measured = [];
      for (let index = 0; index < 2 * pairs + 2; index++) {
        await generate(index % 2 === 1);
        const seconds = Number(readFileSync(times, 'utf8').trim().split('\n').at(-1));
        if (index >= 2) measured.push(seconds);
      }
      return measured;
    },
    async end() {
      child.kill('SIGKILL');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function run(command, args) {
  const child = spawn(command, args, { env: { ...process.env, STEPS_ANIMATION: root } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (text) => (output[name] += text));
  const [status] = await once(child, 'close');
  return { ...output, status };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
