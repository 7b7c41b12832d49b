import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { observed } from './hub.js';
import { type Repository, textOf } from './repository.js';

/** A file of a repository that a model folder needs. */
export type HubFile = {
  /** Relative, with slashes; safe to join with a folder on every operating system. */
  readonly path: string;
  readonly size: number;
  readonly checksum: Checksum;
};

/** Hexadecimal: of the content for large files (Git LFS), of the git blob for small ones. */
type Checksum = { readonly algorithm: 'sha256' | 'git-sha1'; readonly value: string };

/** The address of the hub, and a `fetch` that authenticates there. */
type Hub = { readonly endpoint: string; readonly fetch: typeof fetch };

type HubListing = { readonly commit: string; readonly files: readonly HubFile[] };

/** Of one page of the listing, in bytes. */
const maxPageBytes = 16 * 2 ** 20;
/** Files of a repository. */
const maxFiles = 10_000;

const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);
const entrySchema = z.object({
  path: z.string(),
  size: z.int().min(0),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
});

/** The files of a pipeline that this engine can use; a safety checker, for example, is not among them. */
const usedFiles = [
  /^model_index\.json$/,
  /^scheduler\/scheduler_config\.json$/,
  /^tokenizer(_2)?\/\w[\w.-]*\.(json|txt|model)$/,
  /^(unet|text_encoder(_2)?|vae_(en|de)coder|vae_tiny_decoder|taesd)\/(config\.json|model\.onnx([._][\w.-]*\w)?|weights\.pb)$/,
  /^taesd\/decoder\.onnx$/,
  /^preview\/\w[\w.-]*\.json$/,
];

/** The files that every model needs. */
const requiredFiles = [
  /^model_index\.json$/,
  /^unet\/model\.onnx$/,
  /^unet\/config\.json$/,
  /^vae_decoder\/model\.onnx$/,
  /^vae_decoder\/config\.json$/,
  /^text_encoder\/model\.onnx$/,
  /^tokenizer\/(tokenizer|vocab)\.json$/,
  /^tokenizer\/tokenizer_config\.json$/,
  /^scheduler\/scheduler_config\.json$/,
];

/**
 * Lists the files of a repository that a model folder needs, at one commit.
 * @throws StepsAnimationError `model` when it is not in the diffusers ONNX layout, `input` when it lists paths outside
 *   of its folder; and what `fetch` throws
 */
export async function listHubFiles(repository: Repository, hub: Hub): Promise<HubListing> {
  const { commit, files } = await readListing(repository, hub).catch((cause: unknown) => {
    if (cause instanceof StepsAnimationError) throw cause;
    throw new StepsAnimationError('network', `${hub.endpoint} does not answer like a hub: check HF_ENDPOINT.`, {
      cause,
    });
  });
  requireLayout(files, repository);
  return { commit, files };
}

async function readListing(repository: Repository, hub: Hub): Promise<HubListing> {
  const { name, revision = 'main' } = repository;
  const access = { hubUrl: hub.endpoint, fetch: pagesOf(repository, hub.fetch) };
  const { sha } = await modelInfo({ name, revision, additionalFields: ['sha'], ...access });
  const commit = commitSchema.parse(sha);
  const files: HubFile[] = [];
  let listed = 0;
  for await (const entry of listFiles({
    repo: { type: 'model', name },
    revision: commit,
    recursive: true,
    ...access,
  })) {
    if (++listed > maxFiles) throw tooLarge(repository, `more than ${maxFiles} files`);
    const path = String(entry.path);
    requireInside(path, repository);
    if (entry.type === 'file' && usedFiles.some((pattern) => pattern.test(path))) files.push(readEntry(entry));
  }
  return { commit, files };
}

/** A `fetch` for pages of the listing, which have a limited size. */
function pagesOf(repository: Repository, fetch: Hub['fetch']): Hub['fetch'] {
  return async (input, init) => {
    let size = 0;
    return observed(await fetch(input, init), (bytes) => {
      size += bytes;
      if (size > maxPageBytes) throw tooLarge(repository, `a listing of more than ${maxPageBytes} bytes`);
    });
  };
}

function tooLarge(repository: Repository, what: string): StepsAnimationError {
  return new StepsAnimationError('input', `${textOf(repository)} has ${what}: do not use this repository.`);
}

function readEntry(entry: unknown): HubFile {
  const { path, size, oid, lfs } = entrySchema.parse(entry);
  if (lfs) return { path, size: lfs.size, checksum: { algorithm: 'sha256', value: lfs.oid } };
  return { path, size, checksum: { algorithm: 'git-sha1', value: oid } };
}

/** Such paths match no used file, but a hub that lists them cannot be trusted with the rest either. */
function requireInside(path: string, repository: Repository): void {
  const parts = path.split(/[/\\]/);
  if (!parts.includes('..') && parts[0] !== '' && !/^[a-z]:/i.test(path)) return;
  throw new StepsAnimationError(
    'input',
    `${textOf(repository)} lists the file ${JSON.stringify(path)}, outside of its own folder: do not use this repository.`,
  );
}

function requireLayout(files: readonly HubFile[], repository: Repository): void {
  const missing = requiredFiles.find((pattern) => !files.some(({ path }) => pattern.test(path)));
  if (!missing) return;
  const file = missing.source.replace(/[\\^$]/g, '').replace('(tokenizer|vocab)', 'tokenizer');
  throw new StepsAnimationError(
    'model',
    `${textOf(repository)} is not in the diffusers ONNX layout: it has no ${file}. Choose a repository with ONNX files, or convert the model: see docs/models.md.`,
  );
}
