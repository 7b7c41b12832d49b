import { isIP } from 'node:net';
import { StepsAnimationError } from '../../errors.js';

/**
 * Checks the addresses of trusted proxies.
 * @returns them as fastify takes them; false if there are none
 * @throws StepsAnimationError `usage` for one that is no IP address or range of them
 */
export function checkProxies(addresses: readonly string[]): string[] | false {
  const wrong = addresses.find((address) => !isRange(address));
  if (wrong !== undefined) {
    const message = `--trust-proxy needs an IP address such as 10.0.0.2, or a range such as 10.0.0.0/8, not ${JSON.stringify(wrong)}.`;
    throw new StepsAnimationError('usage', message);
  }
  return addresses.length > 0 && [...addresses];
}

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128);
}
