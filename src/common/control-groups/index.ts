export { ControlGroup, type Limits } from './control-group.ts';
export { type Hierarchy, readHierarchies, readText } from './hierarchies.ts';
export { type Owner, ownGroupName, removeEmptyGroups, removeGroupsOf } from './names.ts';
export { type Controller, findParents, type Parent, type Parents } from './parents.ts';
