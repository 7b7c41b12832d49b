import type { HostDescription } from '../hosts/host.js';

/** What the HTTP APIs tell of the service itself. */
export type ServiceFacts = {
  readonly version: string;
  /** the name of the host, and what its models run on */
  readonly host: string;
  readonly device: string;
  /** absolute; images and movies go below it */
  readonly outdir: string;
  /** the model that is taken where a request names none */
  readonly model: string;
  /** folders of model folders, of which the first that has a name counts; none where another host has its own */
  readonly modelsFolders: readonly string[];
  /** The models, samplers and schedulers that there are now. */
  describe(): Promise<HostDescription>;
};
