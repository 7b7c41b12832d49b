import { notifications } from '@mantine/notifications';
import { ask } from '../api/client.js';
import type { InspectionShape } from '../api/types.js';
import { getForm, restoreForm, setOptions, type Tab, type Values } from '../form/form-store.js';
import { tellError } from '../run/use-generate.js';

/** Fills the form of a tab with the settings that an image or a movie was made with. */
export async function readSettings(file: File, tab: Tab): Promise<void> {
  try {
    const found = await ask<InspectionShape>('/inspect', { method: 'POST', body: file });
    const count = Object.keys(found.generation).length;
    if (found.infotext === null || count === 0) {
      notifications.show({
        color: 'yellow',
        message: `${file.name} does not tell the settings that it was made with.`,
      });
      return;
    }
    const before = getForm(tab);
    setOptions(tab, {
      generation: found.generation as Values,
      ...(tab === 'img2img' ? { img2img: found.img2img as Values } : {}),
    });
    notifications.show({
      title: `Settings of ${file.name}`,
      message: `${count} settings are in the form of ${tab} now. Press here to take that back.`,
      autoClose: 10_000,
      onClick: () => restoreForm(tab, before),
      style: { cursor: 'pointer' },
    });
  } catch (error) {
    tellError(error instanceof Error ? error : new Error(String(error)));
  }
}
