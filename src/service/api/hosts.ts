import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findHosts } from '../../hosts/find-hosts.js';
import { newHostSchema, readOwnHosts } from '../../hosts/host-config.js';
import { addressOf, hostKinds, hostNames } from '../../hosts/host-kinds.js';
import { addHost, followConfig, removeHost } from '../hosts/configured-hosts.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import { HttpError } from '../http-error.js';
import type { JobService, ServiceInfo } from '../job-service.js';
import { noContent } from './responses.js';
import { foundHost, type HostShape, hostKind, host as hostShape } from './shapes.js';

/** All but the embedded one, which the service always has. */
const otherNames = hostNames.filter((name) => name !== 'embedded');
const kinds = otherNames.map((name) => ({
  name,
  label: hostKinds[name]?.label ?? name,
  takesLogin: hostKinds[name]?.takes.includes('auth') ?? false,
}));

/** Without `workflow`: clients may not choose files of this machine. */
const newHost = newHostSchema
  .omit({ workflow: true })
  .extend({ host: z.enum(otherNames) })
  .meta({ id: 'NewHost' });
const byName = z.object({ name: z.string() });
const tags = ['hosts'];

/** The hosts that generate the images: listing, finding, testing, adding and removing them. */
export const hostRoutes: FastifyPluginAsyncZod<{
  readonly service: JobService;
  readonly serviceInfo: ServiceInfo;
}> = async (app, { service, serviceInfo: { hosts: pool } }) => {
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

  async function hostJson(host: PooledHost): Promise<HostShape> {
    const { name, kind, url } = host;
    const [description, own] = await Promise.all([host.cachedDescription(), readOwnHosts()]);
    return {
      ...{ name, kind, url, problem: host.problem, job: jobOf(name) },
      models: description?.models.map((model) => model.name) ?? [],
      isDemonstration: pool.isDemonstration(host),
      isRemovable: own.some((other) => other.name === name),
    };
  }

  app.get(
    '/hosts',
    {
      schema: {
        ...{ tags, summary: 'List the hosts, preferred ones first' },
        response: { 200: z.object({ hosts: z.array(hostShape), kinds: z.array(hostKind) }) },
      },
    },
    async () => {
      await follow();
      return { hosts: await Promise.all(pool.members.map(hostJson)), kinds };
    },
  );

  app.get(
    '/hosts/found',
    {
      schema: {
        ...{ tags, summary: 'Look for more hosts at the default ports of this machine' },
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
        ...{ tags, summary: 'Add a host permanently; it may be unavailable' },
        ...{ body: newHost, response: { 201: hostShape } },
      },
    },
    async ({ body }, reply) => reply.status(201).send(await hostJson(await addHost(pool, body))),
  );

  app.post(
    '/hosts/:name/test',
    { schema: { tags, summary: 'Ask a host what it has', params: byName, response: { 200: hostShape } } },
    async ({ params }) => {
      const host = find(params.name);
      // Why it does not answer is part of the response.
      await host.describe().catch(() => {});
      return await hostJson(host);
    },
  );

  app.delete(
    '/hosts/:name',
    { schema: { tags, summary: 'Remove a host that was added', params: byName, response: noContent } },
    async ({ params }, reply) => {
      const { name } = find(params.name);
      if (jobOf(name))
        throw new HttpError(409, `The host ${name} is running a job: cancel the job before removing the host.`);
      await removeHost(pool, name);
      return reply.status(204).send();
    },
  );
};
