export { UndoRefusedError, type Refusal, type RefusalReason } from './refusal.js';
export { planUndo, UndoPlanner, type UndoPlan, type UndoPlanOptions } from './undo-planner.js';
