"""Search over a corpus in a database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ssm_search.abstracts import default_cache
from ssm_search.encoding import Encoder, OnnxEncoder, load_encoder
from ssm_search.errors import EncoderError, StoreError
from ssm_search.files import replacing_folder
from ssm_search.search import Search
from ssm_search.stores.access import check_fingerprint
from ssm_search.stores.rows import StoreRows
from ssm_search.stores.store import ENCODER, Store


class StoreSearch(Search):
    """Search over a corpus in a LanceDB database, as it is now; many may ask while one writes."""

    def __init__(self, store: Store, encoder: Encoder | None = None):
        """Use :meth:`load`."""
        super().__init__(store.view, self._loaded_encoder)
        self.store = store
        self._encoder = encoder

    @classmethod
    def load(
        cls,
        uri: str,
        encoder: Encoder | None = None,
        *,
        storage_options: Mapping[str, str] | None = None,
    ) -> StoreSearch:
        """Open the store at ``uri``.

        Args:
            uri: a folder, or "s3://bucket/path".
            encoder: the one that built it; by default the one that it carries, or else it is
                loaded by its name.
            storage_options: as LanceDB takes them; the usual AWS_* variables serve without.

        Raises:
            StoreError: there is none, it is out of reach or damaged, or another encoder built it.
        """
        store = Store.open(uri, storage_options)
        if encoder is not None:
            expected = store.view().manifest.encoder_fingerprint
            if OnnxEncoder.is_exported(expected) and encoder.fingerprint != expected:
                carried = _carried(store, store.view())
                if encoder.fingerprint == carried.about.source:
                    return cls(store, carried)
            check_fingerprint(encoder, expected, uri)
        return cls(store, encoder)

    def _loaded_encoder(self) -> Encoder:
        rows = self.store.view()
        manifest = rows.manifest
        if self._encoder is None:
            if OnnxEncoder.is_exported(manifest.encoder_fingerprint):
                self._encoder = _carried(self.store, rows)
            elif manifest.encoder_name:
                self._encoder = load_encoder(manifest.encoder_name)
            else:
                raise StoreError(
                    f"the store at {self.store.uri} was built with an encoder of its own, "
                    f"{manifest.encoder_fingerprint}; pass it as encoder="
                )
        check_fingerprint(self._encoder, manifest.encoder_fingerprint, self.store.uri)
        return self._encoder


def _carried(store: Store, rows: StoreRows) -> OnnxEncoder:
    """The exported encoder that the store carries, kept in the user's cache."""
    fingerprint = rows.manifest.encoder_fingerprint
    name = hashlib.sha256(fingerprint.encode()).hexdigest()[:32]
    folder = default_cache().parent / "encoders" / name
    encoder = OnnxEncoder(folder, fingerprint)
    try:
        encoder.check()
    except EncoderError:
        with replacing_folder(folder) as new:
            for file in OnnxEncoder.FILES:
                key = rows.current.blobs.get(ENCODER + file, "")
                (new / file).write_bytes(store.blob(key))
    return encoder
