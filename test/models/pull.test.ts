import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as library from '#src/index.js';
import { type PullEvent, pullModel } from '#src/models/pull.js';
import { parseRepository } from '#src/models/repository.js';
import { readUsableModels } from '#src/models/stored-models.js';
import { commit, type FakeHub, refuse, repository, startFakeHub } from '../helpers/fake-hub.js';
import { filesBelow } from '../helpers/files-below.js';
import { smallDisk } from '../helpers/small-disk.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const tinyModel = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
const weights = 'unet/model.onnx_data';

/** A hub with the tiny model, some megabytes beside it, and files that nothing here can use. */
async function startHub(): Promise<FakeHub> {
  const useless = ['README.md', 'unet/model.safetensors', 'unet/model_fp16.onnx', 'safety_checker/model.onnx'];
  return await startFakeHub([
    ...(await filesBelow(tinyModel)),
    [weights, randomBytes(3_000_000)],
    ...useless.map((name) => [name, Buffer.from(name)] as const),
  ]);
}

/** Pulls into an empty folder, or goes on in a given one. */
async function pull({
  modelsFolder,
  signal,
  text = repository,
}: {
  modelsFolder?: string;
  signal?: AbortSignal;
  text?: string;
} = {}) {
  const events: PullEvent[] = [];
  const folder = modelsFolder ?? (await temporaryFolder());
  const onEvent = (event: PullEvent) => void events.push(event);
  const settings = { repository: text, modelsFolder: folder, onEvent, ...(signal && { signal }) };
  return { model: await pullModel(settings), events, modelsFolder: folder };
}

function later<T>() {
  let settle: (value: T | Promise<T>) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

function isUsed(path: string): boolean {
  return !/README|safetensors|fp16|safety/.test(path);
}

/** The folder has all of the files that are needed, as the hub has them, and nothing else. */
async function expectWhole(hub: FakeHub, modelsFolder: string, name = 'owner--a-model'): Promise<void> {
  const found = new Map(await filesBelow(join(modelsFolder, name)));
  const wanted = [...hub.files].filter(([path]) => isUsed(path));
  expect([...found.keys()].sort()).toEqual(wanted.map(([path]) => path).sort());
  for (const [path, bytes] of wanted) expect(found.get(path)?.equals(bytes), path).toBe(true);
}

/** Ends the connection after so many bytes of the weights, as often as told. */
function cutWeights(hub: FakeHub, bytes: number, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  hub.send = (path, content, response) => {
    if (path !== weights || left === 0) return response.end(content);
    left -= 1;
    response.write(content.subarray(0, bytes), () => response.destroy());
  };
}

function requestsOf(hub: FakeHub, path: string) {
  return hub.requests.filter((request) => request.host === 'cdn' && request.path.includes(encodeURIComponent(path)));
}

describe('a pull', () => {
  it('downloads all needed files and reports its progress', async () => {
    const hub = await startHub();
    const { model, events, modelsFolder } = await pull();
    await expectWhole(hub, modelsFolder);
    expect(model).toMatchObject({ name: 'owner--a-model', path: join(modelsFolder, 'owner--a-model'), width: 32 });
    const used = [...hub.files].filter(([path]) => isUsed(path));
    const total = used.reduce((sum, [, bytes]) => sum + bytes.length, 0);
    expect(events[0]).toEqual({ type: 'start', commit, path: model.path, files: used.length, total });
    expect(events.findLast(({ type }) => type === 'progress')).toEqual({ type: 'progress', bytes: total, total });
    expect(events.filter(({ type }) => type === 'file')).toHaveLength(used.length);
    expect(events.at(-1)).toMatchObject({ type: 'file', file: 'model_index.json' });
  });

  it('from a program goes to the stored models, where it is listed and found', async () => {
    const hub = await startHub();
    const stored = await temporaryFolder();
    vi.stubEnv('STEPS_ANIMATION_MODELS', stored);
    const path = join(stored, 'owner--a-model');
    expect(await library.pullModel({ repository })).toEqual({ name: 'owner--a-model', path, width: 32, height: 32 });
    await expectWhole(hub, stored);
    expect(await library.listModels()).toContainEqual(expect.objectContaining({ source: 'stored', path }));
  });

  it('of a revision is kept beside the newest version', async () => {
    const hub = await startHub();
    hub.revisions.add('refs/pr/1');
    const { modelsFolder } = await pull({ text: `${repository}@refs/pr/1` });
    await expectWhole(hub, modelsFolder, 'owner--a-model@refs--pr--1');
  });

  it('that is repeated brings only what has changed or was damaged', async () => {
    const hub = await startHub();
    const { modelsFolder } = await pull();
    hub.requests.length = 0;
    await pull({ modelsFolder });
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);

    hub.files.set('unet/model.onnx', randomBytes(100));
    await writeFile(join(modelsFolder, 'owner--a-model', weights), 'damaged');
    await pull({ modelsFolder });
    await expectWhole(hub, modelsFolder);
    const brought = hub.requests.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path);
    expect(brought.map((path) => path.split(`${commit}/`)[1]).sort()).toEqual([
      'model_index.json',
      'unet/model.onnx',
      weights,
    ]);
  });

  it('that fails while a newer version comes leaves no model of two versions', async () => {
    const hub = await startHub();
    const { modelsFolder } = await pull();
    hub.files.set('unet/model.onnx', randomBytes(100));
    hub.files.set(weights, randomBytes(3_000_000));
    hub.send = (path, bytes, response) => void (path === weights ? response.destroy() : response.end(bytes));
    await expect(pull({ modelsFolder })).rejects.toMatchObject({ code: 'network' });
    expect(await readUsableModels([modelsFolder])).toEqual([]);
  });

  it('sends the token to the hub and to nobody else', async () => {
    const hub = await startHub();
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await pull();
    for (const { host, token } of hub.requests) expect(token).toBe(host === 'hub' ? 'Bearer hf_secret' : undefined);
    expect(new Set(hub.requests.map(({ host }) => host))).toEqual(new Set(['hub', 'cdn']));
  });

  it('sends the token to no other host where the list of files goes on', async () => {
    const hub = await startHub();
    hub.url = hub.url.replace('127.0.0.1', 'localhost');
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await pull();
    const tokens = hub.requests.filter(({ path }) => path.includes('cursor=')).map(({ token }) => token);
    expect(new Set(tokens)).toEqual(new Set([undefined]));
  });

  it('takes the token that was logged in with', async () => {
    const hub = await startHub();
    const home = await temporaryFolder();
    await writeFile(join(home, 'token'), 'hf_logged_in\n');
    vi.stubEnv('HF_HOME', home);
    vi.stubEnv('HF_TOKEN_PATH', undefined);
    await pull();
    expect(hub.requests[0]?.token).toBe('Bearer hf_logged_in');
  });
});

describe('a connection that is cut', () => {
  it('is reconnected, and the download resumes', async () => {
    const hub = await startHub();
    cutWeights(hub, 700_000, 2);
    const { modelsFolder, events } = await pull();
    await expectWhole(hub, modelsFolder);
    const ranges = requestsOf(hub, weights).map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(ranges).toHaveLength(3);
    expect(ranges).toEqual([...ranges].sort((a, b) => a - b));
    expect(ranges[1]).toBeGreaterThan(0);
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.at(-1)?.bytes).toBe(progress.at(-1)?.total);
  });

  it('that fails repeatedly keeps a part, which the next pull resumes', async () => {
    const hub = await startHub();
    const modelsFolder = await temporaryFolder();
    const send = hub.send;
    let sent = 0;
    hub.send = (path, content, response) => {
      if (path !== weights) return response.end(content);
      if (sent > 0) return response.destroy();
      sent = 1_000_000;
      response.write(content.subarray(0, sent), () => response.destroy());
    };
    await expect(pull({ modelsFolder })).rejects.toMatchObject({ code: 'network' });
    const names = await readdir(join(modelsFolder, 'owner--a-model', 'unet'));
    expect(names).toContain('model.onnx_data.part');
    expect(names).not.toContain('model.onnx_data');
    expect(await readdir(join(modelsFolder, 'owner--a-model'))).not.toContain('model_index.json');

    hub.send = send;
    hub.requests.length = 0;
    await pull({ modelsFolder });
    await expectWhole(hub, modelsFolder);
    expect(requestsOf(hub, weights)).toEqual([
      expect.objectContaining({ range: expect.stringMatching(/^bytes=\d+-$/) }),
    ]);
  });

  it.each(['ignored', 'wrong'] as const)('to a server that cannot go on begins again: ranges %s', async (ranges) => {
    const hub = await startHub();
    hub.ranges = ranges;
    cutWeights(hub, 700_000, 1);
    const { modelsFolder, events } = await pull();
    await expectWhole(hub, modelsFolder);
    const last = events.findLast((event) => event.type === 'progress');
    expect(last?.bytes).toBe(last?.total);
  });
});

describe('what is left of another version', () => {
  it.each([
    ['shorter', 1_000_000],
    ['of the same length', 3_000_000],
    ['longer', 4_000_000],
  ])('is replaced: %s', async (_, length) => {
    const hub = await startHub();
    const modelsFolder = await temporaryFolder();
    const part = join(modelsFolder, 'owner--a-model', `${weights}.part`);
    await mkdir(dirname(part), { recursive: true });
    await writeFile(part, randomBytes(length));
    const { events } = await pull({ modelsFolder });
    await expectWhole(hub, modelsFolder);
    const last = events.findLast((event) => event.type === 'progress');
    expect(last?.bytes).toBe(last?.total);
  });
});

describe('content that does not match the listing of the hub', () => {
  it.each(['unet/model.onnx', 'unet/config.json', weights])('is thrown away: %s', async (wrong) => {
    const hub = await startHub();
    const modelsFolder = await temporaryFolder();
    hub.send = (path, bytes, response) => void response.end(path === wrong ? Buffer.alloc(bytes.length) : bytes);
    await expect(pull({ modelsFolder })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(new RegExp(`${wrong}.*checksum`)),
    });
    const found = (await filesBelow(modelsFolder)).map(([path]) => path);
    expect(found.filter((path) => path.endsWith(wrong) || path.endsWith(`${wrong}.part`))).toEqual([]);
  });

  it('that never ends is not stored', async () => {
    const hub = await startHub();
    hub.intercept = (path, response) => {
      if (!path.endsWith('tokenizer.json')) return false;
      const more = () => void (response.destroyed || response.write(Buffer.alloc(65_536), more));
      more();
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ message: expect.stringMatching(/tokenizer\.json is larger/) });
  });
});

describe('a hub that refuses', () => {
  const answers: [string, string, number, string | undefined, RegExp][] = [
    ['a gated model', '/resolve/', 401, 'GatedRepo', /a-model is gated: accept its terms at http.*a-model.*HF_TOKEN/],
    ['a gated model, to an account', '/resolve/', 403, 'GatedRepo', /gated.*accept its terms/],
    ['a model that is not there', '/api/', 401, 'RepoNotFound', /no public model owner\/a-model.*name/],
    ['a model that is not there, plainly', '/api/', 404, undefined, /There is no model owner\/a-model/],
    ['a revision', '/api/', 404, 'RevisionNotFound', /no revision "main"/],
    ['a private model', '/api/', 403, undefined, /no permission to read owner\/a-model/],
  ];
  it.each(answers)('%s', async (_, where, status, code, message) => {
    const hub = await startHub();
    hub.intercept = (path, response) => {
      if (!path.includes(where)) return false;
      refuse(response, status, code);
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(message) });
  });

  it('for a short time is retried', async () => {
    const hub = await startHub();
    let left = 2;
    hub.intercept = (path, response) => {
      if (!path.endsWith('unet/config.json') || left === 0) return false;
      left -= 1;
      refuse(response, 503);
      return true;
    };
    const { modelsFolder } = await pull();
    await expectWhole(hub, modelsFolder);
  });

  it.each([
    [
      'pages without an end',
      (response: ServerResponse) => {
        const more = () => void (response.destroyed || response.write(Buffer.alloc(2 ** 20, ' '), more));
        response.setHeader('content-type', 'application/json');
        more();
      },
    ],
    [
      'files without an end',
      (response: ServerResponse, url: string) => {
        const entry = { type: 'file', path: 'a', size: 1, oid: '0'.repeat(40) };
        response.setHeader('link', `<${url}/api/models/${repository}/tree/${commit}?cursor=1>; rel="next"`);
        response.end(JSON.stringify(Array(1000).fill(entry)));
      },
    ],
  ])('with %s is refused', async (_, answer) => {
    const hub = await startHub();
    hub.intercept = (path, response) => {
      if (!path.includes('/tree/')) return false;
      answer(response, hub.url);
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ code: 'input', message: expect.stringContaining('more than 1') });
  });

  it('is no hub at all', async () => {
    const hub = await startHub();
    hub.intercept = (_, response) => Boolean(response.end('<html>Please log in to this network</html>'));
    await expect(pull()).rejects.toMatchObject({ code: 'network', message: expect.stringMatching(/HF_ENDPOINT/) });
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:1');
    await expect(pull()).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/connection to .* failed/),
    });
  });
});

describe('names', () => {
  it.each(['../unet/model.onnx', '/etc/passwd', 'C:/unet/model.onnx', 'unet/../../x', '..\\unet\\model.onnx'])(
    'of files that would lie elsewhere are refused: %s',
    async (path) => {
      const hub = await startHub();
      hub.files.set(path, Buffer.from('evil'));
      const modelsFolder = join(await temporaryFolder(), 'models');
      await expect(pull({ modelsFolder })).rejects.toMatchObject({
        message: expect.stringContaining(JSON.stringify(path)),
      });
      expect(await readdir(dirname(modelsFolder))).toEqual([]);
    },
  );

  it.each([
    'model',
    'a/b/c',
    '../b',
    'a/..',
    'a/b--c',
    '/a/b',
    'a/b@',
    'a/b@../c',
    'a/b@c//d',
    'a\\b/c',
    'a/b ',
    'a/b.',
    '',
  ])('of repositories that cannot be are refused: %j', (text) => {
    expect(() => parseRepository(text)).toThrow(/is no model repository: give one as "owner\/name"/);
  });
});

describe('a short name', () => {
  it('stands for a repository', () => {
    expect(parseRepository('sdxl-turbo')).toEqual({ name: 'stabilityai/sdxl-turbo', revision: undefined });
    expect(parseRepository('sdxl@fp16')).toMatchObject({ revision: 'fp16' });
    expect(() => parseRepository('constructor')).toThrow(/or one of: sdxl, /);
  });
});

describe('a model of another kind', () => {
  it.each([
    [
      'model_index.json',
      { _class_name: 'StableDiffusionInpaintPipeline' },
      /owner\/a-model is a StableDiffusionInpaint/,
    ],
    ['unet/config.json', { in_channels: 9 }, /UNet in owner\/a-model takes 9 channels/],
    ['scheduler/scheduler_config.json', { beta_schedule: 'flow' }, /owner.a-model.scheduler.*beta_schedule/],
  ])('is refused before its networks come: %s', async (path, values, message) => {
    const hub = await startHub();
    const config = JSON.parse(String(hub.files.get(path)));
    hub.files.set(path, Buffer.from(JSON.stringify({ ...config, ...values })));
    const modelsFolder = await temporaryFolder();
    await expect(pull({ modelsFolder })).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(message),
    });
    expect(hub.requests.filter((request) => /resolve.*onnx/.test(request.path))).toEqual([]);
    expect(await readdir(modelsFolder)).toEqual([]);
  });
});

describe('HF_ENDPOINT', () => {
  it('with a password in it is refused without telling it', async () => {
    vi.stubEnv('HF_ENDPOINT', 'https://me:secret@localhost');
    onTestFinished(() => void vi.unstubAllEnvs());
    const refused = { code: 'usage', message: expect.not.stringContaining('secret') };
    await expect(pull()).rejects.toMatchObject(refused);
  });
});

describe('two pulls at once', () => {
  it('do not write to the same files: the second is refused', async () => {
    const hub = await startHub();
    const modelsFolder = await temporaryFolder();
    const { promise: second, settle } = later<unknown>();
    hub.send = (path, bytes, response) => {
      if (path === weights) settle(pull({ modelsFolder }).catch((error: unknown) => error));
      response.end(bytes);
    };
    await pull({ modelsFolder });
    expect(await second).toMatchObject({ code: 'output', message: expect.stringMatching(/is pulling .*wait for it/) });
    await expectWhole(hub, modelsFolder);
    expect(await readdir(modelsFolder)).toEqual(['owner--a-model']);
    await pull({ modelsFolder });
  });
});

describe('a repository without ONNX files', () => {
  it.each(['unet/model.onnx', 'model_index.json', 'vae_decoder/config.json', 'scheduler/scheduler_config.json'])(
    'is refused before anything is downloaded: %s',
    async (missing) => {
      const hub = await startHub();
      hub.files.delete(missing);
      await expect(pull()).rejects.toMatchObject({
        code: 'model',
        message: expect.stringMatching(new RegExp(`it has no ${missing}.*docs/models\\.md`)),
      });
      expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
    },
  );
});

describe('staying offline', () => {
  it('asks nobody', async () => {
    const hub = await startHub();
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(pull()).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(/HF_HUB_OFFLINE/) });
    expect(hub.requests).toEqual([]);
  });
});

describe('a disk that fills up meanwhile', () => {
  it('is reported, and the pull resumes once there is space again', async () => {
    const hub = await startHub();
    const modelsFolder = await smallDisk(5000);
    if (modelsFolder === undefined) return console.log('not tested: no right to mount a small file system');
    const filler = join(modelsFolder, 'filler');
    const onEvent = (event: PullEvent) => {
      if (event.type !== 'progress' || event.bytes < 500_000 || existsSync(filler)) return;
      expect(() => writeFileSync(filler, Buffer.alloc(5_000_000))).toThrow(/ENOSPC/);
    };
    const settings = { repository, modelsFolder, onEvent };
    await expect(pullModel(settings)).rejects.toMatchObject({
      code: 'output',
      message: expect.stringMatching(/Cannot write to .*ENOSPC.*--models-dir; what has been downloaded is kept/),
    });
    await rm(filler);
    hub.requests.length = 0;
    await pull({ modelsFolder });
    await expectWhole(hub, modelsFolder);
    expect(requestsOf(hub, weights)[0]?.range).toMatch(/^bytes=\d+-$/);
  });
});

describe('an abort', () => {
  it('keeps the parts, and the next pull goes on with them', async () => {
    const hub = await startHub();
    const modelsFolder = await temporaryFolder();
    const send = hub.send;
    const controller = new AbortController();
    hub.send = (path, content, response) => {
      if (path !== weights) return send(path, content, response);
      // The line falls silent in mid-file; the user waits until the bytes are on the disk, then stops.
      response.write(content.subarray(0, 1_000_000));
      const part = join(modelsFolder, 'owner--a-model', `${weights}.part`);
      void vi
        .waitUntil(async () => (await readFile(part).catch(() => '')).length === 1_000_000, { timeout: 60_000 })
        .then(() => controller.abort());
    };
    await expect(pull({ modelsFolder, signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(/to continue: steps-animation models pull owner\/a-model$/),
    });

    hub.send = send;
    hub.requests.length = 0;
    await pull({ modelsFolder });
    await expectWhole(hub, modelsFolder);
    expect(requestsOf(hub, weights).map(({ range }) => range)).toEqual(['bytes=1000000-']);
  });
});
