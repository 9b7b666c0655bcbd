// What the READMEs take as given in their readers' projects: every name that a block uses and does not declare.
declare global {}
export {}
