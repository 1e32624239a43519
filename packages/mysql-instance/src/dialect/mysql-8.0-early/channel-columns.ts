import type { ChannelColumns } from '../dialect.js';
import { channelColumns as older } from '../mysql-5.7/channel-columns.js';

export const channelColumns: ChannelColumns = older;
