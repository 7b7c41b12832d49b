import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { HostShape } from '../api/types.js';

export type NewHost = { readonly name: string; readonly host: string; readonly url: string; readonly auth?: string };

/** Adds a host, which may be away. */
export function useAddHost() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (host: NewHost) => ask<HostShape>('/hosts', { method: 'POST', body: host }),
    onSuccess: ({ name, models, problem }) => {
      const works = `${name} makes images from now on, with ${models.join(', ') || 'no model yet'}.`;
      notifications.show({ message: problem === null ? works : `${name} is added, and away: ${problem}` });
      void queries.invalidateQueries({ queryKey: keys.hosts });
      void queries.invalidateQueries({ queryKey: keys.about });
    },
  });
}
