import { notifications } from '@mantine/notifications';
import { ask } from '../api/client.js';
import { useAbout } from '../api/queries.js';
import type { InspectionShape } from '../api/types.js';
import { tellUndoable } from '../app/tell-undoable.js';
import { getForm, restoreForm, type Tab } from '../form/form-store.js';
import { tellError } from '../run/use-generate.js';
import { withFound } from './found-settings.js';

/** Fills the form of a tab with the settings that an image or a movie was made with; whether it had any. */
export function useReadSettings(tab: Tab): (file: File) => Promise<boolean> {
  const { data: about } = useAbout();
  return async (file) => {
    if (!about) return false;
    try {
      const found = await ask<InspectionShape>('/inspect', { method: 'POST', body: file });
      const before = getForm(tab);
      const { form, filled, missing } = withFound(about, tab, before, found);
      if (!found.infotext || filled.length === 0) {
        notifications.show({ color: 'yellow', message: `${file.name} does not tell what it was made with.` });
        return false;
      }
      restoreForm(tab, form);
      const absent = missing.length > 0 ? ` Not here: ${missing.join(', ')}.` : '';
      tellUndoable({
        title: `Settings of ${file.name}`,
        message: `The form of ${tab} has them now: ${filled.join(', ')}.${absent}`,
        onUndo: () => restoreForm(tab, before),
      });
      return true;
    } catch (error) {
      tellError(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  };
}
