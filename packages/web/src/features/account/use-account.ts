/** Which Claude account answers; asked once a minute at most. */
import { useQuery } from '@tanstack/react-query';
import { client } from '../../lib/hearth.ts';

export const accountKey = ['account'] as const;

export const useAccount = () =>
  useQuery({ queryKey: accountKey, queryFn: ({ signal }) => client.account.get({ signal }), staleTime: 60_000 });
