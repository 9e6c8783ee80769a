// The keyboard: a letter for what the buttons do.
window.ssmKeys = (() => ({}))();
