export * from './raw-event.js';
export * from './format-description.js';
