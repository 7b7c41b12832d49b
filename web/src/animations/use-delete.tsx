import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { AnimationShape } from '../api/types.js';
import { tellError } from '../run/use-generate.js';

type Page = { readonly entries: readonly AnimationShape[]; readonly total: number };

/** Deletes a movie, which goes from the grid at once, and can be taken back for a while. */
export function useDelete(): (entry: AnimationShape) => void {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: keys.animations });
  const restore = async ({ id }: AnimationShape) => {
    notifications.hide(id);
    await ask(`/animations/${id}/restore`, { method: 'POST' }).catch(tellError);
    await refresh();
  };
  return async (entry) => {
    queries.setQueriesData<InfiniteData<Page>>({ queryKey: keys.animations }, (data) =>
      data && 'pages' in data ? { ...data, pages: data.pages.map((page) => without(page, entry.id)) } : data,
    );
    try {
      await ask(`/animations/${entry.id}`, { method: 'DELETE' });
    } catch (error) {
      tellError(error instanceof Error ? error : new Error(String(error)));
      await refresh();
      return;
    }
    notifications.show({
      id: entry.id,
      autoClose: 10_000,
      message: (
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm">Deleted: {entry.prompt || entry.name}</Text>
          <Button size="compact-sm" variant="default" onClick={() => void restore(entry)}>
            Undo
          </Button>
        </Group>
      ),
    });
  };
}

function without({ entries, total }: Page, id: string): Page {
  const left = entries.filter((entry) => entry.id !== id);
  return { entries: left, total: total - (entries.length - left.length) };
}
