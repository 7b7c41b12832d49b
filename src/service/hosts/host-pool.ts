import { StepsAnimationError } from '../../errors.js';
import type { HostDescription } from '../../hosts/host.js';
import { type NamedHost, PooledHost, usualLeftAloneFor } from './pooled-host.js';

/** What all hosts together have. */
export type PoolDescription = {
  readonly models: readonly PooledModel[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
  /** the model of requests that name none; undefined while no host has told of one */
  readonly model: string | undefined;
};

type PooledModel = HostDescription['models'][number] & {
  /** names of the hosts that have it, those that are preferred first */
  readonly hosts: readonly string[];
};

/**
 * The hosts that jobs go to, in the order in which they are preferred. The embedded one comes last: where there is
 * another, it is the demonstration.
 */
export class HostPool implements AsyncDisposable {
  #members: readonly PooledHost[];
  readonly #model: string | undefined;
  readonly #changes = new EventTarget();

  /**
   * @param model the one of requests that name none; it need not be among those that are told of
   * @param leftAloneFor milliseconds after which a host that did not answer is asked again
   */
  constructor(
    hosts: readonly NamedHost[],
    model?: string,
    readonly leftAloneFor = usualLeftAloneFor,
  ) {
    this.#members = inOrder(hosts.map((host) => new PooledHost(host, leftAloneFor)));
    this.#model = model;
    for (const member of this.#members) member.listen(this.#tell);
  }

  get members(): readonly PooledHost[] {
    return this.#members;
  }

  get(name: string): PooledHost | undefined {
    return this.#members.find((member) => member.name === name);
  }

  /** Whether it is the one that shows what the program does while there are others that do the work. */
  isDemonstration({ kind }: PooledHost): boolean {
    return kind === 'embedded' && this.#members.length > 1;
  }

  /** @param onChange called whenever a host was added or removed, or is back */
  listen(onChange: () => void): void {
    this.#changes.addEventListener('change', onChange);
  }

  readonly #tell = () => this.#changes.dispatchEvent(new Event('change'));

  /** @param host of a name that none of the others has */
  add(host: PooledHost): void {
    this.#members = inOrder([...this.#members, host]);
    host.listen(this.#tell);
    this.#tell();
  }

  async remove(name: string): Promise<void> {
    const member = this.get(name);
    this.#members = this.#members.filter((other) => other !== member);
    this.#tell();
    await member?.[Symbol.asyncDispose]();
  }

  /** What the hosts have; one that is slow to answer is left out, or stands by what it told before. */
  async describe(): Promise<PoolDescription> {
    const answers = await Promise.all(this.#members.map(async (member) => ({ member, told: await member.glance() })));
    const models = new Map<string, PooledModel>();
    for (const { member, told } of answers) {
      for (const model of told?.models ?? []) {
        const { hosts, ...known } = models.get(model.name) ?? { ...model, hosts: [] };
        models.set(model.name, { ...known, hosts: [...hosts, member.name] });
      }
    }
    const first = answers.find(({ told }) => told && told.models.length > 0);
    return {
      models: [...models.values()],
      samplers: [...new Set(answers.flatMap(({ told }) => told?.samplers ?? []))],
      schedulers: [...new Set(answers.flatMap(({ told }) => told?.schedulers ?? []))],
      model: this.#model ?? first?.member.usualModel ?? first?.told?.models[0]?.name,
    };
  }

  /**
   * The hosts that have a model, asked anew where none is known to.
   * @throws StepsAnimationError `usage` when there is no such model, or what a host says that cannot be asked
   */
  async having(model: string): Promise<readonly PooledHost[]> {
    await Promise.all(this.#members.map((member) => member.glance()));
    const known = this.#members.filter((member) => member.has(model));
    if (known.length > 0) return known;
    if (model === this.#model) return this.#members;
    const asked = await Promise.allSettled(this.#members.map((member) => member.ask()));
    const found = this.#members.filter((member) => member.has(model));
    if (found.length > 0) return found;
    const names = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.models : []));
    const failed = asked.find((answer) => answer.status === 'rejected');
    if (names.length === 0 && failed) throw failed.reason;
    const choice = names.map(({ name }) => name).join(', ');
    const away = this.#members.filter(({ problem }) => problem !== null).map(({ name }) => name);
    const missing = away.length > 0 ? ` (not to be reached now: ${away.join(', ')})` : '';
    throw new StepsAnimationError(
      'usage',
      `There is no model ${JSON.stringify(model)}; choose one of: ${choice}${missing}.`,
    );
  }

  /**
   * Which of the hosts that can do a job should begin now: the first that is free and not away.
   * @param names hosts that can do it
   * @returns undefined while there is none
   */
  free(names: readonly string[], isBusy: (name: string) => boolean): PooledHost | undefined {
    return this.#named(names).find(({ name, isAway }) => !isAway && !isBusy(name));
  }

  /** Those of these hosts that are away. */
  away(names: readonly string[]): readonly string[] {
    return this.#named(names).flatMap(({ name, isAway }) => (isAway ? name : []));
  }

  /** Asks these hosts whether they are back, and tells those who listen if one is. */
  async askAgain(names: readonly string[]): Promise<void> {
    await Promise.allSettled(this.#named(names).map((member) => member.ask()));
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
