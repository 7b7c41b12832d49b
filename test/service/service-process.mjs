// A service in its own process, which a test can kill: it submits two jobs and prints a line for each event.
import { createEmbeddedHost } from '../../dist/hosts/embedded/host.js';
import { HostPool } from '../../dist/service/hosts/host-pool.js';
import { openJobService } from '../../dist/service/job-service.js';

const [outdir, modelsFolder, options] = process.argv.slice(2);
const host = createEmbeddedHost({ modelsFolder });
const hosts = new HostPool([{ name: host.name, kind: host.name, url: null, host }]);
const service = await openJobService({ outdir, hosts });
const animation = { look: 'classic', duration: 1, fps: 10 };
// The steps of the first batch are decoded before the second one is sampled, however many cores there are.
const running = { model: 'tiny-model', prompt: 'first', steps: 4, ...JSON.parse(options) };
await service.submit({ kind: 'txt2img', generation: running, animation });
const queued = { model: 'tiny-model', prompt: 'second', steps: 4, seed: 7 };
await service.submit({ kind: 'txt2img', generation: queued, animation: { ...animation, createAnimation: false } });
for await (const event of service.events({}, new AbortController().signal)) {
  process.stdout.write(`${event.type}\n`);
}
