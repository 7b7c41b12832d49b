import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Libsql from 'libsql';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { smallDisk } from '../helpers/small-disk.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const modelsFolder = fileURLToPath(new URL('../fixtures', import.meta.url));
const jobCount = 300;
/** Faults, in turn, each after so many further jobs have ended. */
const jobsBetweenFaults = 20;
const faults = ['kill', 'full disk', 'kill', 'lock'] as const;

type JobAnswer = {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'finished' | 'failed' | 'interrupted' | 'cancelled';
  readonly error: string | null;
  readonly images: readonly { readonly url: string | null }[];
  readonly animations: readonly { readonly url: string }[];
};

/** The real service in a process group of its own. */
class Service {
  readonly #outdir: string;
  #child: ChildProcess | undefined;
  #url = '';

  constructor(outdir: string) {
    this.#outdir = outdir;
  }

  async start(): Promise<void> {
    const args = [
      'serve',
      '--port',
      '0',
      '--outdir',
      this.#outdir,
      '--models-dir',
      modelsFolder,
      '--model',
      'tiny-model',
    ];
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    this.#child = child;
    const [line] = await once(createInterface(child.stdout), 'line');
    this.#url = /http:\S+/u.exec(String(line))?.[0] ?? '';
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  async post(path: string, body: object): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.#url), { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, this.#url));
    expect(response.status, path).toBe(200);
    return (await response.json()) as T;
  }

  async bytes(path: string): Promise<Buffer> {
    const response = await fetch(new URL(path, this.#url));
    expect(response.status, path).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  async jobs(): Promise<JobAnswer[]> {
    const jobs: JobAnswer[] = [];
    for (;;) {
      const page = await this.get<{ jobs: JobAnswer[] }>(`/api/v1/jobs?limit=200&offset=${jobs.length}`);
      jobs.push(...page.jobs);
      if (page.jobs.length < 200) return jobs;
    }
  }

  async ended(): Promise<number> {
    return (await this.jobs()).filter(({ state }) => state !== 'queued' && state !== 'running').length;
  }

  /** Resident memory in MiB, and open files, of the service's own process. */
  async size(): Promise<{ readonly mib: number; readonly files: number }> {
    const process = `/proc/${this.#child?.pid}`;
    const [, kib = '0'] = /VmRSS:\s+(\d+)/u.exec(await readFile(`${process}/status`, 'utf8')) ?? [];
    return { mib: Number(kib) / 1024, files: (await readdir(`${process}/fd`)).length };
  }
}

/** Waits until so many jobs have ended. */
async function untilEnded(service: Service, count: number): Promise<void> {
  while ((await service.ended()) < count) await setTimeout(500);
}

function jobOf(index: number): object {
  const generation = { prompt: `soak ${index}`, seed: index, steps: 3, width: 64, height: 64 };
  return { kind: 'txt2img', generation, animation: { look: 'classic', duration: 0.5, fps: 10 } };
}

async function causeFault(fault: (typeof faults)[number], service: Service, outdir: string): Promise<void> {
  if (fault === 'kill') {
    await service.kill();
    await service.start();
  } else if (fault === 'lock') {
    const other = new Libsql(join(outdir, 'steps-animation.db'));
    other.exec('begin immediate');
    await setTimeout(3000);
    other.exec('rollback');
    other.close();
  } else {
    const filler = join(outdir, 'filler');
    await writeFile(filler, Buffer.alloc(512 * 2 ** 20)).catch(() => {});
    const refused = await service.post('/api/v1/jobs', jobOf(-1));
    await rm(filler);
    expect(refused).toMatchObject({ status: 507, text: expect.stringContaining('free some space') });
  }
}

describe('a soak', () => {
  it(`of ${jobCount} jobs among kills, a full disk and locks ends every job in a right state`, async (context) => {
    const outdir = await smallDisk(192 * 1024);
    if (outdir === undefined) return context.skip('no right to mount a small file system');
    const service = new Service(outdir);
    onTestFinished(async () => await service.kill());
    await service.start();
    for (let index = 0; index < jobCount; index++) {
      expect((await service.post('/api/v1/jobs', jobOf(index))).status).toBe(201);
    }
    for (let ended = jobsBetweenFaults, at = 0; ended < jobCount - 80; ended += jobsBetweenFaults, at++) {
      await untilEnded(service, ended);
      await causeFault(faults[at % faults.length] ?? 'kill', service, outdir);
    }
    await untilEnded(service, jobCount - 60);
    const before = await service.size();
    await untilEnded(service, jobCount);
    const after = await service.size();
    expect(after.mib - before.mib).toBeLessThan(64);
    expect(after.files - before.files).toBeLessThan(10);

    const jobs = await service.jobs();
    expect(jobs).toHaveLength(jobCount);
    const failed = jobs.filter(({ state }) => state !== 'finished');
    // Only what was at work while the disk was full.
    for (const { state, error } of failed)
      expect({ state, error }).toMatchObject({ state: 'failed', error: /space|full/u });
    expect(failed.length).toBeLessThan(10);
    const movies = new Set<string>();
    const scratch = join(await temporaryFolder(), 'movie.mp4');
    for (const { id, images, animations } of jobs.filter(({ state }) => state === 'finished')) {
      expect([images.length, animations.length], id).toEqual([1, 1]);
      await sharp(await service.bytes(images[0]?.url ?? '')).stats();
      const url = animations[0]?.url ?? '';
      movies.add(url);
      await writeFile(scratch, await service.bytes(url));
      expect((await probeMovie(scratch)).frames, id).toBe(5);
    }
    expect(movies.size).toBe(jobCount - failed.length);
    const left = (await readdir(outdir, { recursive: true })).filter((name) => /\.(?:part|lock)$/u.test(name));
    expect(left).toEqual([]);
  });
});
