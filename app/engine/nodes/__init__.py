"""What each kind of element does when a token reaches it: SpiffWorkflow's task specs with BPMN's rules put right."""
