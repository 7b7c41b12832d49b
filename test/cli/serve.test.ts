import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';
import { serve } from './serve-command.js';

const animation = (...args: unknown[]) => ({ 'steps animation': { args } });

describe('serve', () => {
  it('makes an image and its movie by the API of the web UIs', async () => {
    const { post } = await serve();
    const request = {
      prompt: 'a red apple',
      steps: 5,
      seed: 42,
      alwayson_scripts: animation(true, 'x264', 'blend', '2'),
    };
    const { status, body } = await post('/sdapi/v1/txt2img', request);
    expect(status).toBe(200);
    const { animations, infotexts } = JSON.parse(body.info);
    expect(infotexts[0]).toContain('Seed: 42');
    const { frames, fps, tags } = await probeMovie(animations[0].path);
    expect({ frames, fps }).toEqual({ frames: 60, fps: 30 });
    expect(tags.comment).toBe(infotexts[0]);
    const again = await post('/sdapi/v1/img2img', {
      ...request,
      init_images: body.images,
      denoising_strength: 0.5,
      alwayson_scripts: {},
    });
    expect(JSON.parse(again.body.info)).toMatchObject({ animations: [], denoising_strength: 0.5 });
    const movie = JSON.parse(
      (await post('/sdapi/v1/txt2img', { ...request, alwayson_scripts: animation({ codec: 'webp' }) })).body.info,
    );
    for (const { path } of [...animations, ...movie.animations]) {
      const info = await post('/sdapi/v1/png-info', { image: await readFile(path, 'base64') });
      expect(info.body.info).toBe(infotexts[0]);
    }
  });

  it('refuses what its model cannot make as a wrong request, in a sentence', async () => {
    const { url, post, child, result } = await serve();
    const size = 'A size of 64x64 is not possible; this model makes images of 128x128 only.';
    const refused = await post('/sdapi/v1/txt2img', { prompt: 'a', width: 64, height: 64 });
    expect(refused).toMatchObject({ status: 422, body: { error: 'HTTPException', detail: size } });
    const flags = ['--host', 'webui', '--url', url, '--width', '64', '--height', '64'];
    const made = await runCommand('txt2img', 'a', ...flags, '--outdir', await temporaryFolder());
    expect(made).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/refuses that: A size .+ only\.\n$/) });
    child.kill('SIGTERM');
    expect((await result).stderr).not.toContain('failed');
  });

  it('finishes what is under way when it is stopped, and answers for it', async () => {
    const { child, result, post, get } = await serve();
    const body = { prompt: 'a red apple', steps: 1000, alwayson_scripts: animation(true, 'x264', 'none', 1) };
    const answer = post('/sdapi/v1/txt2img', body);
    await expect
      .poll(async () => (await get('/sdapi/v1/progress')).state.sampling_step, { timeout: 60_000 })
      .toBeGreaterThan(2);
    const waiting = post('/sdapi/v1/txt2img', body);
    await expect.poll(async () => (await get('/api/v1/jobs?state=queued')).jobs).toHaveLength(1);
    child.kill('SIGTERM');
    const { state, animations } = JSON.parse((await answer).body.info);
    expect(state).toBe('interrupted');
    expect((await probeMovie(animations[0].path)).frames).toBe(30);
    expect((await waiting).status).toBe(503);
    expect((await result).exitCode).toBe(0);
    expect(existsSync(animations[0].image)).toBe(true);
  });

  it('stops at once at the second signal', async () => {
    const { child, result, post, get } = await serve();
    post('/sdapi/v1/txt2img', { steps: 1000, alwayson_scripts: animation(true, 'x264', 'mci', 120) }).catch(() => {});
    await expect
      .poll(async () => (await get('/sdapi/v1/progress')).state.sampling_step, { timeout: 60_000 })
      .toBeGreaterThan(5);
    const warned = once(child.stderr, 'data');
    child.kill('SIGINT');
    expect(String(await warned)).toContain('Ctrl-C again');
    child.kill('SIGTERM');
    expect((await result).exitCode).toBe(130);
  });

  it.each([
    [['--listen', '0.0.0.0'], '--api-auth'],
    [['--api-auth', 'ann'], 'user:pass'],
    [['--port', '70000'], '--port'],
    [['--log-level', 'loud'], 'silent'],
  ])('is refused with %j', async (flags, word) => {
    const outdir = await temporaryFolder();
    const { exitCode, stderr } = await runCommand('serve', '--outdir', outdir, ...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(word);
  });
});
