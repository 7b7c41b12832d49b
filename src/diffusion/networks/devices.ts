import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StepsAnimationError } from '../../errors.js';
import { messageOf } from '../../util/error-message.js';

/** What networks can run on; `auto` is the first of the machine's that works, and the CPU where none does. */
export const deviceNames = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

export type DeviceChoice = (typeof deviceNames)[number];
export type Device = Exclude<DeviceChoice, 'auto'>;

/** How networks are run. */
export type SessionSettings = {
  readonly device: Device;
  /** how many threads share the work of one operator; all of the machine's if left out */
  readonly threads?: number;
};

/** What onnxruntime needs for CUDA beside itself; its install script downloads it, where it is let. */
const cudaLibraries: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll',
};

/**
 * The devices to try, the best first, and the CPU last. CoreML and WebGPU are taken only where they are asked for: they
 * run parts of these networks, and are not always faster than the CPU.
 */
function devicesFor(choice: DeviceChoice, platform: NodeJS.Platform = process.platform): readonly Device[] {
  if (choice !== 'auto') return [choice];
  const cuda: readonly Device[] = hasCuda(platform) ? ['cuda'] : [];
  return platform === 'win32' ? [...cuda, 'dml', 'cpu'] : [...cuda, 'cpu'];
}

/** Asked of the files, because onnxruntime writes to the terminal when it is asked for what it does not have. */
function hasCuda(platform: NodeJS.Platform): boolean {
  const library = cudaLibraries[platform];
  const binaries = join(createRequire(import.meta.url).resolve('onnxruntime-node'), '..', '..', 'bin', 'napi-v6');
  return library !== undefined && existsSync(join(binaries, platform, process.arch, library));
}

/** What was loaded, on which device, and if that is not the best of the machine, a sentence that says why. */
export type LoadedOnDevice<T> = { readonly loaded: T; readonly device: Device; readonly note: string | undefined };

/**
 * What `load` gives on the first of the devices for which it does not throw.
 * @throws StepsAnimationError `model` where the only device is not the CPU, else what `load` throws for the CPU
 */
export async function loadOnFirst<T>(
  choice: DeviceChoice,
  load: (device: Device) => Promise<T>,
  devices: readonly Device[] = devicesFor(choice),
): Promise<LoadedOnDevice<T>> {
  const failures: string[] = [];
  for (const device of devices) {
    try {
      return { loaded: await load(device), device, note: fallBackNote(device, failures) };
    } catch (error) {
      if (device === 'cpu') throw error;
      if (choice === device) throw unusable(device, error);
      failures.push(`${device} cannot be used (${reasonOf(error)})`);
    }
  }
  throw unusable(choice, undefined);
}

function unusable(device: DeviceChoice, cause: unknown): StepsAnimationError {
  const reason = cause === undefined ? 'there is none' : reasonOf(cause);
  return new StepsAnimationError(
    'model',
    `The model cannot run on the device "${device}" (${reason}): choose --device cpu, or auto for the best that works; docs/models.md tells what each device needs.`,
    { cause },
  );
}

function fallBackNote(device: Device, failures: readonly string[]): string | undefined {
  if (failures.length === 0) return undefined;
  const remedy = 'docs/models.md tells what each device needs';
  return `The model runs on the device "${device}", because ${failures.join(', and ')}; ${remedy}.`;
}

/** In one line, without a full stop. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return message.trim().replace(/\s+/gu, ' ').replace(/\.$/u, '');
}
