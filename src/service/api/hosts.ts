import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findHosts } from '../../hosts/find-hosts.js';
import { configuredHostSchema, readOwnHosts } from '../../hosts/host-config.js';
import { addressOf, hostKinds, hostNames } from '../../hosts/host-kinds.js';
import { addHost, removeHost } from '../hosts/change-hosts.js';
import { followConfig } from '../hosts/follow-config.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import { HttpError } from '../http-error.js';
import type { JobService } from '../job.js';
import type { ServiceFacts } from '../service-info.js';
import { foundHost, hostKind, host as hostShape } from './shapes.js';

/** The embedded one is there already. */
const otherNames = hostNames.filter((name) => name !== 'embedded');
const kinds = otherNames.map((name) => ({
  name,
  label: hostKinds[name]?.label ?? name,
  takesLogin: hostKinds[name]?.takes.includes('auth') ?? false,
}));

/** A client chooses no files of this machine. */
const newHost = configuredHostSchema
  .omit({ workflow: true })
  .extend({ host: z.enum(otherNames) })
  .meta({ id: 'NewHost' });
const byName = z.object({ name: z.string() });
const tags = ['hosts'];

/** The hosts that make the images: looking for them, trying, adding and removing them. */
export const hostRoutes: FastifyPluginAsyncZod<{ readonly service: JobService; readonly facts: ServiceFacts }> = async (
  app,
  { service, facts: { hosts: pool } },
) => {
  const find = (name: string): PooledHost => {
    const host = pool.get(name);
    if (!host) throw new HttpError(404, `There is no host ${JSON.stringify(name)}; it may have been removed.`);
    return host;
  };

  const jobOf = (name: string) => service.list({ state: 'running' }).find(({ host }) => host === name)?.id ?? null;
  const follow = await followConfig(
    pool,
    (name) => jobOf(name) !== null,
    (message) => app.log.warn(message),
  );

  async function told(host: PooledHost): Promise<z.output<typeof hostShape>> {
    const { name, kind, url } = host;
    const [described, own] = await Promise.all([host.glance(), readOwnHosts()]);
    return {
      ...{ name, kind, url, problem: host.problem, job: jobOf(name) },
      models: described?.models.map((model) => model.name) ?? [],
      isDemonstration: pool.isDemonstration(host),
      isRemovable: own.some((other) => other.name === name),
    };
  }

  app.get(
    '/hosts',
    {
      schema: {
        ...{ tags, summary: 'List the hosts, those that are preferred first' },
        response: { 200: z.object({ hosts: z.array(hostShape), kinds: z.array(hostKind) }) },
      },
    },
    async () => {
      await follow();
      return { hosts: await Promise.all(pool.members.map(told)), kinds };
    },
  );

  app.get(
    '/hosts/found',
    {
      schema: {
        ...{ tags, summary: 'Look for further hosts at the usual ports of this machine' },
        response: { 200: z.object({ hosts: z.array(foundHost) }) },
      },
    },
    async ({ socket }) => {
      const self = `http://127.0.0.1:${socket.localPort}`;
      const found = await findHosts([self, ...pool.members.map(({ kind, url }) => addressOf(kind, url))]);
      return {
        hosts: found.map(({ url, kind, models, problem = null }) => ({
          ...{ url, kind, models: [...models], problem },
          isUsable: hostNames.includes(kind) && problem === null,
        })),
      };
    },
  );

  app.post(
    '/hosts',
    {
      schema: {
        ...{ tags, summary: 'Add a host, now and for later; it may be away' },
        ...{ body: newHost, response: { 201: hostShape } },
      },
    },
    async ({ body }, reply) => reply.status(201).send(await told(await addHost(pool, body))),
  );

  app.post(
    '/hosts/:name/test',
    { schema: { tags, summary: 'Ask a host what it has', params: byName, response: { 200: hostShape } } },
    async ({ params }) => {
      const host = find(params.name);
      // Why it does not answer is a part of what is told.
      await host.ask().catch(() => {});
      return await told(host);
    },
  );

  app.delete(
    '/hosts/:name',
    { schema: { tags, summary: 'Remove a host that was added', params: byName } },
    async ({ params }, reply) => {
      const { name } = find(params.name);
      if (jobOf(name)) throw new HttpError(409, `The host ${name} is at work: cancel its job before it is removed.`);
      await removeHost(pool, name);
      return reply.status(204).send();
    },
  );
};
