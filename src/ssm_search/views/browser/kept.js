// Papers that a reader keeps, with notes: in the browser's own storage, and nowhere else.
window.ssmKept = (() => ({}))();
