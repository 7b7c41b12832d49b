import { onTestFinished } from 'vitest';
import { samplerNames, schedulerNames } from '#src/diffusion/names.js';
import type { Host } from '#src/hosts/host.js';
import type { ServiceInfo } from '#src/service/job-service.js';
import { createServer, type ServerSettings } from '#src/service/server.js';
import { version } from '#src/util/version.js';
import { FakeJobService } from '../../helpers/fake-job-service.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { poolOf } from '../open-service.js';

/** The info of a service with two models. */
export function serviceInfoOf(outdir: string): ServiceInfo {
  const models = ['emoji', 'owner--other'].map((name) => ({ name, width: 128, height: 128 }));
  const host: Host = {
    name: 'pretended',
    describe: async () => ({ models, samplers: samplerNames, schedulers: schedulerNames }),
    generate: () => {
      throw new Error('This host only tells what it has.');
    },
  };
  return { ...{ version, device: 'cpu', outdir, modelsFolders: ['models'] }, hosts: poolOf(host) };
}

/** The web UIs' API in front of a fake service. */
export async function openSdapi({ atOnce = true, ...settings }: Partial<ServerSettings> & { atOnce?: boolean } = {}) {
  const folder = await temporaryFolder();
  const service = new FakeJobService(folder, atOnce);
  const app = await createServer({ service, serviceInfo: serviceInfoOf(folder), logLevel: 'silent', ...settings });
  onTestFinished(() => app.close());
  const send = async (method: 'GET' | 'POST', url: string, payload?: object, headers = {}) => {
    const response = await app.inject({ method, url, headers, ...(payload && { payload }) });
    return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) };
  };
  return {
    ...{ app, service },
    get: (path: string) => send('GET', path),
    post: (path: string, body?: object, headers?: object) => send('POST', path, body, headers),
  };
}
