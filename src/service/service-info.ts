import type { HostPool } from './hosts/host-pool.js';

/** What the HTTP APIs tell of the service itself. */
export type ServiceFacts = {
  readonly version: string;
  /** what the embedded model runs on */
  readonly device: string;
  /** absolute; images and movies go below it */
  readonly outdir: string;
  /** folders of model folders of the embedded host, of which the first that has a name counts */
  readonly modelsFolders: readonly string[];
  readonly hosts: HostPool;
};
