import { hostKinds } from './host-kinds.js';
import type { FoundProgram } from './remote/http-client.js';

/** A program that generates images and answers at an address. */
export type FoundHost = FoundProgram & {
  readonly url: string;
  /** a name of `hostKinds` */
  readonly kind: string;
};

/** Of each request; most addresses refuse the connection at once. */
const timeoutMs = 1000;
/** Enough for the lists of models of these programs; something else may answer without an end. */
const maxBytes = 16 * 2 ** 20;

const defaultPorts = Object.values(hostKinds)
  .flatMap(({ remote }) => remote?.program.ports ?? [])
  .toSorted((a, b) => a - b);

/**
 * Looks for hosts on this machine, at all default ports at once.
 * @param known addresses that are left out
 */
export async function findHosts(
  known: readonly (string | undefined)[] = [],
  ports: readonly number[] = defaultPorts,
): Promise<readonly FoundHost[]> {
  const places = new Set(known.map((url) => url && new URL(url).host.replace(/^localhost(?=:|$)/u, '127.0.0.1')));
  const others = ports.filter((port) => !places.has(`127.0.0.1:${port}`));
  const found = await Promise.all(others.map((port) => findHost(`http://127.0.0.1:${port}`)));
  return found.filter((host) => host !== undefined);
}

async function findHost(url: string): Promise<FoundHost | undefined> {
  const found = await Promise.all(
    Object.entries(hostKinds).map(async ([kind, { remote }]) => {
      const program = await remote?.find(url, { timeoutMs, maxBytes });
      return program && { url, kind, ...program };
    }),
  );
  return found.find((host) => host !== undefined);
}
