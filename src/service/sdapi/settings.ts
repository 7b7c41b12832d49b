import { z } from 'zod';
import type { ServiceFacts } from '../service-info.js';
import { integer, text, truth } from './fields.js';
import { settingFields } from './option-fields.js';
import { checkFields, complain, isRecord } from './validation.js';

/** The settings of the web UIs that have a meaning here; 0 as a sigma, a limit of one or rho is the model's own. */
const settingsSchema = z.object({
  ...settingFields,
  /** empty: the model of requests that name none */
  sd_model_checkpoint: text.default(''),
  CLIP_stop_at_last_layers: integer.default(1),
  randn_source: z.enum(['CPU', 'GPU', 'NV']).default('CPU'),
  live_previews_enable: truth.default(true),
});

export type Settings = z.output<typeof settingsSchema>;

/** The settings that requests change with `POST /options`, for as long as the service runs. */
export class SettingsStore {
  readonly #facts: Pick<ServiceFacts, 'hosts' | 'outdir'>;
  #settings: Settings = settingsSchema.parse({});

  constructor(facts: Pick<ServiceFacts, 'hosts' | 'outdir'>) {
    this.#facts = facts;
  }

  get current(): Settings {
    return this.#settings;
  }

  /** What `GET /options` tells: the settings, and some that cannot be changed. */
  async all(): Promise<Record<string, unknown>> {
    const { outdir } = this.#facts;
    return {
      ...(await this.with({})),
      sd_checkpoint_hash: '',
      ...{ samples_save: true, samples_format: 'png', enable_pnginfo: true, grid_save: false },
      ...{ show_progress_every_n_steps: 1, live_previews_image_format: 'jpeg' },
      ...{ outdir_samples: '', outdir_txt2img_samples: `${outdir}/txt2img-images` },
      outdir_img2img_samples: `${outdir}/img2img-images`,
    };
  }

  async change(changes: unknown): Promise<void> {
    const isChosen = isRecord(changes) && typeof changes.sd_model_checkpoint === 'string';
    const { sd_model_checkpoint: model, ...settings } = await this.with(changes);
    this.#settings = { ...settings, sd_model_checkpoint: isChosen ? model : this.#settings.sd_model_checkpoint };
  }

  /**
   * The settings with some of them changed; those that have no meaning here are left out.
   * @throws ValidationError where a value or a model cannot be
   */
  async with(changes: unknown): Promise<Settings> {
    const given = isRecord(changes) ? Object.entries(changes).filter(([, value]) => value !== null) : [];
    const settings = checkFields(settingsSchema, { ...this.#settings, ...Object.fromEntries(given) }, (name) => name);
    return { ...settings, sd_model_checkpoint: await this.#modelCalled(settings.sd_model_checkpoint) };
  }

  /** A model by its name or by the file name that a web UI would have for it. */
  async #modelCalled(wanted: string): Promise<string> {
    const { models, model: usual = '' } = await this.#facts.hosts.describe();
    if (wanted === '') return usual;
    const names = [wanted, wanted.replace(/ \[[0-9a-f]+\]$/, '').replace(/\.(?:safetensors|ckpt)$/, '')];
    const known = [...models.map(({ name }) => name), this.#settings.sd_model_checkpoint, usual].filter(Boolean);
    const found = known.find((name) => names.includes(name) || names.includes(name.replace('--', '/')));
    if (found !== undefined) return found;
    const choice = known.join(', ');
    throw complain('sd_model_checkpoint', `model '${wanted}' not found; there are: ${choice}`, wanted);
  }
}
