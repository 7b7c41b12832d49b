import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { AnimationShape } from '../api/types.js';
import { notifyError, notifyUndoable } from '../ui/notifications.js';

type Page = { readonly entries: readonly AnimationShape[]; readonly total: number };

/** Deletes a movie: it leaves the grid at once, and can be restored by *Undo*. */
export function useDelete(): (entry: AnimationShape) => void {
  const queries = useQueryClient();
  const send = async (path: string, method: 'POST' | 'DELETE') => {
    try {
      await request(path, { method });
      return true;
    } catch (error) {
      notifyError(error);
      return false;
    }
  };
  const refresh = () => queries.invalidateQueries({ queryKey: keys.animations });
  const restore = async (id: string) => {
    await send(`/animations/${id}/restore`, 'POST');
    await refresh();
  };
  return async ({ id, prompt, name }) => {
    queries.setQueriesData<InfiniteData<Page>>({ queryKey: keys.animations }, (data) =>
      data && 'pages' in data ? { ...data, pages: data.pages.map((page) => without(page, id)) } : data,
    );
    if (await send(`/animations/${id}`, 'DELETE')) {
      notifyUndoable({ message: `Deleted: ${prompt || name}`, onUndo: () => void restore(id) });
    } else await refresh();
  };
}

function without({ entries, total }: Page, id: string): Page {
  const rest = entries.filter((entry) => entry.id !== id);
  return { entries: rest, total: total - (entries.length - rest.length) };
}
