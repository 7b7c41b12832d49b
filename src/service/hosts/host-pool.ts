import { StepsAnimationError } from '../../errors.js';
import type { HostDescription } from '../../hosts/host.js';
import { defaultRetryAfterMs, type NamedHost, PooledHost } from './pooled-host.js';

/** What all hosts have together. */
type PoolDescription = {
  readonly models: readonly PooledModel[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
  /** the model of requests that name none; undefined while no host has described one */
  readonly model: string | undefined;
};

type PooledModel = HostDescription['models'][number] & {
  /** names of the hosts that have it, preferred ones first */
  readonly hosts: readonly string[];
};

/**
 * The hosts of a service, preferred ones first. The embedded one comes last: if there are others, it only demonstrates
 * the program.
 */
export class HostPool implements AsyncDisposable {
  #members: readonly PooledHost[];
  readonly #model: string | undefined;
  readonly #changes = new EventTarget();

  /**
   * @param model the model of requests that name none; hosts may have it without describing it
   * @param retryAfterMs when an unavailable host is asked again; 30 s by default
   */
  constructor(
    hosts: readonly NamedHost[],
    model?: string,
    readonly retryAfterMs = defaultRetryAfterMs,
  ) {
    this.#members = inOrder(hosts.map((host) => new PooledHost(host, retryAfterMs)));
    this.#model = model;
    for (const member of this.#members) member.onReturn(this.#notify);
  }

  get members(): readonly PooledHost[] {
    return this.#members;
  }

  get(name: string): PooledHost | undefined {
    return this.#members.find((member) => member.name === name);
  }

  /** Whether it only demonstrates the program because there are other hosts. */
  isDemonstration({ kind }: PooledHost): boolean {
    return kind === 'embedded' && this.#members.length > 1;
  }

  /** @param listener called whenever a host was added or removed, or is available again */
  onChange(listener: () => void): void {
    this.#changes.addEventListener('change', listener);
  }

  readonly #notify = () => this.#changes.dispatchEvent(new Event('change'));

  /** @param host with a name that no other host has */
  add(host: PooledHost): void {
    this.#members = inOrder([...this.#members, host]);
    host.onReturn(this.#notify);
    this.#notify();
  }

  async remove(name: string): Promise<void> {
    const member = this.get(name);
    this.#members = this.#members.filter((other) => other !== member);
    this.#notify();
    await member?.[Symbol.asyncDispose]();
  }

  /** What the hosts have, by their last descriptions where they are slow to answer. */
  async describe(): Promise<PoolDescription> {
    const answers = await Promise.all(
      this.#members.map(async (member) => ({ member, description: await member.cachedDescription() })),
    );
    const models = new Map<string, PooledModel>();
    for (const { member, description } of answers) {
      for (const model of description?.models ?? []) {
        const { hosts, ...known } = models.get(model.name) ?? { ...model, hosts: [] };
        models.set(model.name, { ...known, hosts: [...hosts, member.name] });
      }
    }
    const first = answers.find(({ description }) => description && description.models.length > 0);
    return {
      models: [...models.values()],
      samplers: [...new Set(answers.flatMap(({ description }) => description?.samplers ?? []))],
      schedulers: [...new Set(answers.flatMap(({ description }) => description?.schedulers ?? []))],
      model: this.#model ?? first?.member.defaultModel ?? first?.description?.models[0]?.name,
    };
  }

  /**
   * The hosts that have a model; all are asked again if none is known to have it.
   * @throws StepsAnimationError `usage` when there is no such model, or the error of a host that does not answer
   */
  async withModel(model: string): Promise<readonly PooledHost[]> {
    await Promise.all(this.#members.map((member) => member.cachedDescription()));
    const known = this.#members.filter((member) => member.has(model));
    if (known.length > 0) return known;
    if (model === this.#model) return this.#members;
    const answers = await Promise.allSettled(this.#members.map((member) => member.describe()));
    const found = this.#members.filter((member) => member.has(model));
    if (found.length > 0) return found;
    const names = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.models : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (names.length === 0 && failed) throw failed.reason;
    const choice = [...new Set(names.map(({ name }) => name))].join(', ');
    const unavailable = this.#members.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);
    const hint = unavailable.length > 0 ? ` (unavailable hosts: ${unavailable.join(', ')})` : '';
    throw new StepsAnimationError(
      'usage',
      `There is no model ${JSON.stringify(model)}; choose one of: ${choice}${hint}.`,
    );
  }

  /**
   * The first of the named hosts that is available and free.
   * @returns undefined while there is none
   */
  firstFree(names: readonly string[], isBusy: (name: string) => boolean): PooledHost | undefined {
    return this.#named(names).find(({ name, isAvailable }) => isAvailable && !isBusy(name));
  }

  /** The names of those of the named hosts that are unavailable. */
  unavailable(names: readonly string[]): readonly string[] {
    return this.#named(names).flatMap(({ name, isAvailable }) => (isAvailable ? [] : name));
  }

  /** Asks the named hosts whether they are available again; listeners are notified if so. */
  async retry(names: readonly string[]): Promise<void> {
    await Promise.allSettled(this.#named(names).map((member) => member.describe()));
  }

  #named(names: readonly string[]): readonly PooledHost[] {
    return this.#members.filter(({ name }) => names.includes(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((member) => member[Symbol.asyncDispose]()));
  }
}

function inOrder(members: readonly PooledHost[]): readonly PooledHost[] {
  return members.toSorted((a, b) => Number(a.kind === 'embedded') - Number(b.kind === 'embedded'));
}
