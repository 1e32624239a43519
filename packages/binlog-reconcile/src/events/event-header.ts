/** Bytes of the header that every event (v4) begins with: timestamp, type, server id, length, end position, flags. */
export const EVENT_HEADER_LENGTH = 19;
