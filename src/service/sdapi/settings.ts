import { z } from 'zod';
import { isRecord } from '../../util/is-record.js';
import type { ServiceInfo } from '../job-service.js';
import { settingFields } from './option-fields.js';
import { boolean, checkFields, complain, integer, text } from './validation.js';

/** The supported settings of the web UIs; 0 for a sigma, s_tmax or rho means the default. */
const settingsSchema = z.object({
  ...settingFields,
  /** empty: the model of requests that name none */
  sd_model_checkpoint: text.default(''),
  CLIP_stop_at_last_layers: integer.default(1),
  randn_source: z.enum(['CPU', 'GPU', 'NV']).default('CPU'),
  live_previews_enable: boolean.default(true),
});

export type Settings = z.output<typeof settingsSchema>;

/** The settings that `POST /options` changes until the service stops. */
export class SettingsStore {
  readonly #serviceInfo: Pick<ServiceInfo, 'hosts' | 'outdir'>;
  #settings: Settings = settingsSchema.parse({});

  constructor(serviceInfo: Pick<ServiceInfo, 'hosts' | 'outdir'>) {
    this.#serviceInfo = serviceInfo;
  }

  get current(): Settings {
    return this.#settings;
  }

  /** The response of `GET /options`: the settings, and some constants. */
  async all(): Promise<Record<string, unknown>> {
    const { outdir } = this.#serviceInfo;
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

  /** The settings with changes; unsupported ones are ignored. @throws ValidationError for an invalid value or model */
  async with(changes: unknown): Promise<Settings> {
    const given = isRecord(changes) ? Object.entries(changes).filter(([, value]) => value !== null) : [];
    const settings = checkFields(settingsSchema, { ...this.#settings, ...Object.fromEntries(given) }, (name) => name);
    return { ...settings, sd_model_checkpoint: await this.#resolveModel(settings.sd_model_checkpoint) };
  }

  /** Finds a model by its name, or by the file name that a web UI would have for it. */
  async #resolveModel(wanted: string): Promise<string> {
    const { models, model: defaultModel = '' } = await this.#serviceInfo.hosts.describe();
    if (wanted === '') return defaultModel;
    const names = [wanted, wanted.replace(/ \[[0-9a-f]+\]$/, '').replace(/\.(?:safetensors|ckpt)$/, '')];
    const known = [...models.map(({ name }) => name), this.#settings.sd_model_checkpoint, defaultModel].filter(Boolean);
    const found = known.find((name) => names.includes(name) || names.includes(name.replace('--', '/')));
    if (found !== undefined) return found;
    const message = `model '${wanted}' not found; choose one of: ${known.join(', ')}`;
    throw complain('sd_model_checkpoint', message, wanted);
  }
}
