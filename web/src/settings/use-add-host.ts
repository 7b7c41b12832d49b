import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { HostShape } from '../api/types.js';

export type NewHost = { readonly name: string; readonly host: string; readonly url: string; readonly auth?: string };

/** Adds a host; it is asked what it has before it counts. */
export function useAddHost() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (host: NewHost) => ask<HostShape>('/hosts', { method: 'POST', body: host }),
    onSuccess: ({ name, models }) => {
      notifications.show({ message: `${name} makes images from now on, with ${models.join(', ') || 'no model yet'}.` });
      void queries.invalidateQueries({ queryKey: keys.hosts });
      void queries.invalidateQueries({ queryKey: keys.about });
    },
  });
}
