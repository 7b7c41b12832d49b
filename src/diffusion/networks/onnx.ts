import { availableParallelism } from 'node:os';
import { Float16Array } from '@petamoriken/float16';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { StepsAnimationError } from '../../errors.js';
import { messageOf } from '../../util/error-message.js';
import type { SessionSettings } from './devices.js';

/** Values in row-major order, converted from the element type of the network. */
export type FloatTensor = { readonly data: Float32Array; readonly shape: readonly number[] };

export type NetworkInputs = Readonly<Record<string, Tensor>>;

/** An output of a network, and the shape that it must have: null for any size, a list for one of several. */
export type Output = { readonly name: string; readonly shape: readonly (number | readonly number[] | null)[] };

/** A loaded ONNX network. Weights in separate files are memory-mapped. */
export class Network implements AsyncDisposable {
  readonly #file: string;
  readonly #session: InferenceSession;

  private constructor(file: string, session: InferenceSession) {
    this.#file = file;
    this.#session = session;
  }

  /** @throws StepsAnimationError `model` when onnxruntime cannot run the file on the device */
  static async load(file: string, { device, threads = availableParallelism() }: SessionSettings): Promise<Network> {
    try {
      const session = await InferenceSession.create(file, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: device === 'cpu' ? 3 : 4,
        // Threads that spin for long while they wait take CPU time from the movie encoder and the step decoder; threads
        // that sleep at once wake too late for the next operator. 50 µs was measured, with and without another program.
        extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
      });
      return new Network(file, session);
    } catch (error) {
      throw new StepsAnimationError('model', `${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Name, element type and shape of an input; dynamic dimensions are given by their names.
   * @throws StepsAnimationError `model` when the network has no such input
   */
  input(name: string): InferenceSession.TensorValueMetadata {
    const metadata = this.#session.inputMetadata.find((input) => input.name === name);
    if (metadata?.isTensor) return metadata;
    const inputs = this.inputNames.join(', ');
    throw new StepsAnimationError(
      'model',
      `${this.#file} has no input "${name}" (it has ${inputs}); export the model again.`,
    );
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * Runs the network and returns the output of the given name, or else the first.
   * @throws StepsAnimationError `model` when it has another shape
   */
  async run(inputs: NetworkInputs, { name, shape }: Output): Promise<FloatTensor> {
    const [first = name] = this.outputNames;
    const [result] = await this.runFor(inputs, [{ name: this.outputNames.includes(name) ? name : first, shape }]);
    return result;
  }

  /**
   * Runs the network and returns some of its outputs as 32-bit floats.
   * @throws StepsAnimationError `model` when one has another shape
   */
  async runFor<const Outputs extends readonly Output[]>(
    inputs: NetworkInputs,
    outputs: Outputs,
  ): Promise<{ -readonly [Index in keyof Outputs]: FloatTensor }> {
    const results = await this.#session.run(
      inputs,
      outputs.map(({ name }) => name),
    );
    const floats = (output: Output) => this.#checked(output, this.#floatsOf(output.name, results[output.name]));
    return outputs.map(floats) as { -readonly [Index in keyof Outputs]: FloatTensor };
  }

  #checked({ name, shape }: Output, result: FloatTensor): FloatTensor {
    const isExpected = (size: number | undefined, index: number) => [shape[index] ?? size].flat().includes(size);
    if (result.shape.length === shape.length && result.shape.every(isExpected)) return result;
    const expected = shape.map((size) => [size ?? 'any'].flat().join(' or ')).join(' × ');
    throw new StepsAnimationError(
      'model',
      `The output ${name} of ${this.#file} has ${result.shape.join(' × ')} values instead of ${expected}; export the model again.`,
    );
  }

  #floatsOf(name: string, result: Tensor | undefined): FloatTensor {
    const { data, dims = [] } = result ?? {};
    if (data instanceof Float32Array) return { data, shape: dims };
    if (result?.type === 'float16' && ArrayBuffer.isView(data)) {
      return {
        data: Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.byteLength / 2)),
        shape: dims,
      };
    }
    throw new StepsAnimationError('model', `The output ${name} of ${this.#file} is not of 16- or 32-bit floats.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** A tensor of the element type of a network's input; values are rounded for integer types. */
export function tensorFor(
  input: InferenceSession.TensorValueMetadata,
  values: readonly number[] | Float32Array,
  shape: readonly number[],
): Tensor {
  switch (input.type) {
    case 'float32':
      return new Tensor('float32', values instanceof Float32Array ? values : Float32Array.from(values), shape);
    case 'float16':
      return new Tensor('float16', new Uint16Array(Float16Array.from(values).buffer), shape);
    case 'float64':
      return new Tensor('float64', Float64Array.from(values), shape);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value)))), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(values, Math.round), shape);
    default:
      throw new StepsAnimationError(
        'model',
        `The network's input ${input.name} is of type ${input.type}, which is not supported; export the model in 32-bit floats.`,
      );
  }
}
