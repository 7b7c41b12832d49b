import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StepsAnimationError } from '../../errors.js';
import { messageOf } from '../../util/error-message.js';

/** ONNX Runtime execution providers; `auto` is the best one that works, the CPU if no other does. */
export const deviceNames = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

export type DeviceChoice = (typeof deviceNames)[number];
export type Device = Exclude<DeviceChoice, 'auto'>;

export type SessionSettings = {
  readonly device: Device;
  /** Threads that share the work of one operator. Default: all cores. */
  readonly threads?: number | undefined;
};

/** The library that onnxruntime needs for CUDA; its install script downloads it unless scripts are disabled. */
const cudaLibraries: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll',
};

/**
 * The devices to try, best first. CoreML and WebGPU are used only on request: they run parts of these networks, and are
 * not always faster than the CPU.
 */
function devicesFor(choice: DeviceChoice, platform: NodeJS.Platform = process.platform): readonly Device[] {
  if (choice !== 'auto') return [choice];
  const cuda: readonly Device[] = hasCuda(platform) ? ['cuda'] : [];
  return platform === 'win32' ? [...cuda, 'dml', 'cpu'] : [...cuda, 'cpu'];
}

/** Checks for the file, because onnxruntime writes to the terminal if a requested provider is missing. */
function hasCuda(platform: NodeJS.Platform): boolean {
  const library = cudaLibraries[platform];
  const binaries = join(createRequire(import.meta.url).resolve('onnxruntime-node'), '..', '..', 'bin', 'napi-v6');
  return library !== undefined && existsSync(join(binaries, platform, process.arch, library));
}

/** What was loaded, its device and, if that is not the best of the machine, a sentence that says why. */
type LoadedOnDevice<T> = { readonly loaded: T; readonly device: Device; readonly note: string | undefined };

/**
 * Loads on the first of the devices for which `load` does not throw.
 * @throws StepsAnimationError `model` when the chosen device is not the CPU and fails; else what `load` throws for the CPU
 */
export async function loadOnBestDevice<T>(
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
    `The model cannot run on the device "${device}" (${reason}): choose --device cpu, or auto for the best that works; see docs/models.md for what each device needs.`,
    { cause },
  );
}

function fallBackNote(device: Device, failures: readonly string[]): string | undefined {
  if (failures.length === 0) return undefined;
  const remedy = 'see docs/models.md for what each device needs';
  return `The model runs on the device "${device}", because ${failures.join(', and ')}; ${remedy}.`;
}

/** In one line, without a full stop. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return message.trim().replace(/\s+/gu, ' ').replace(/\.$/u, '');
}
