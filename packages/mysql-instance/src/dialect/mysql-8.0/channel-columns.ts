import type { ChannelColumns } from '../dialect.js';
import { channelColumns as newer } from '../mysql-8.4/channel-columns.js';

export const channelColumns: ChannelColumns = newer;
