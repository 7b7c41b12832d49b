import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { StepsAnimationError } from '../errors.js';

export type SessionSettings = {
  /** how many threads share the work of one operator; all of the machine's if left out */
  readonly threads?: number;
};

/** One network of a model folder, with its weights loaded. */
export class Network implements AsyncDisposable {
  readonly #file: string;
  readonly #session: InferenceSession;

  private constructor(file: string, session: InferenceSession) {
    this.#file = file;
    this.#session = session;
  }

  /** @throws StepsAnimationError `model` when the file is not a network that onnxruntime can run */
  static async load(file: string, { threads = availableParallelism() }: SessionSettings = {}): Promise<Network> {
    try {
      const session = await InferenceSession.create(file, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
        // Threads that spin while they wait would take the processor from the encoder and the step decoder.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return new Network(file, session);
    } catch (error) {
      throw new StepsAnimationError('model', `${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Name, element type and shape of an input; free lengths are given by their names.
   * @throws StepsAnimationError `model` where the network has no such input
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

  /** Runs the network and gives its first output, or the one called `output`. */
  async run(inputs: Readonly<Record<string, Tensor>>, output?: string): Promise<FloatTensor> {
    const name = output && this.#session.outputNames.includes(output) ? output : (this.#session.outputNames[0] ?? '');
    const result = (await this.#session.run(inputs, [name]))[name];
    if (!(result?.data instanceof Float32Array)) {
      throw new StepsAnimationError('model', `The network's output ${name} is not of 32-bit floats.`);
    }
    return { data: result.data, shape: result.dims };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

export type FloatTensor = { readonly data: Float32Array; readonly shape: readonly number[] };

/** A tensor of the element type that a network's input wants; whole types get rounded values. */
export function tensorFor(
  input: InferenceSession.TensorValueMetadata,
  values: readonly number[] | Float32Array,
  shape: readonly number[],
): Tensor {
  switch (input.type) {
    case 'float32':
      return new Tensor('float32', values instanceof Float32Array ? values : Float32Array.from(values), shape);
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
