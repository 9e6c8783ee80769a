"""Real questions to the shipped list, and the papers that a reader must be shown for them.

(question, how many answers are looked at, ids that must be among them)
"""

from __future__ import annotations

QUESTIONS: list[tuple[str, int, set[str]]] = [
    # what a reader types
    ("mamba for video", 3, {"2403.06977", "2403.09626"}),
    ("predicting stock prices", 1, {"2402.18959"}),
    ("remove haze from photos", 1, {"2402.04139"}),
    ("DNA", 1, {"2403.03234"}),
    ("learning on graphs", 1, {"2402.08678"}),
    ("mixture of experts", 2, {"2402.01771", "2401.04081"}),
    ("lithium battery health", 1, {"2403.05430"}),
    ("tabular data", 1, {"2401.08867"}),
    ("speech enhancement", 1, {"2403.07675"}),
    ("generate raw audio waveforms", 1, {"2202.09729"}),
    ("point clouds", 2, {"2403.00762", "2402.10739"}),
    ("super resolution", 1, {"2403.08330"}),
    ("gesture generation from speech", 1, {"2403.09471"}),
    ("human motion generation", 1, {"2403.07487"}),
    ("sequential recommendation", 1, {"2403.03900"}),
    ("whole slide images in pathology", 2, {"2403.05160", "2403.06800"}),
    ("endoscopy", 3, {"2403.05146", "2402.06378"}),
    ("radiation dose prediction", 1, {"2403.08479"}),
    ("pansharpening of satellite images", 1, {"2402.12192"}),
    ("infrared small target detection", 1, {"2403.02148"}),
    ("food classification", 1, {"2402.15761"}),
    ("language model on bytes without a tokenizer", 1, {"2401.13660"}),
    ("clinical notes", 1, {"2403.05795"}),
    ("image restoration", 1, {"2402.15648"}),
    ("deformable medical image registration", 1, {"2401.13934"}),
    ("weakly supervised segmentation with scribbles", 1, {"2402.10887"}),
    ("semi-supervised segmentation", 1, {"2402.07245"}),
    ("lightweight UNet with few parameters", 1, {"2403.05246"}),
    ("segmentation of 3D volumes", 1, {"2401.13560"}),
    ("echocardiography", 1, {"2402.08506"}),
    ("time series forecasting", 2, {"2403.09898", "2403.11144"}),
    ("multi-dimensional data", 1, {"2402.05892"}),
    # questions
    ("can mamba learn in context?", 2, {"2402.03170", "2402.04248"}),
    ("What makes attention hidden inside Mamba?", 1, {"2403.01590"}),
    ("why does teacher forcing fail for next-token prediction?", 1, {"2403.06963"}),
    ("does ImageNet pretraining help segmentation with Mamba?", 1, {"2402.03302"}),
    ("gated linear recurrences mixed with local attention", 1, {"2402.19427"}),
    ("are transformers fairly compared on long range arena?", 1, {"2310.02980"}),
    ("delirium of patients in intensive care", 1, {"2403.07201"}),
    # names and titles
    ("Mamba", 1, {"2312.00752"}),
    ("VMamba-UNet V2", 3, {"2403.09157"}),
    ("hungry hippos", 1, {"2212.14052"}),
    ("The Annotated S4", 1, {"the-annotated-s4"}),
    ("H3", 1, {"h3-language-modeling-with-state-space-models-and-almost-no-attention"}),
    ("Is Mamba Capable of In-Context Learning?", 1, {"2402.03170"}),
    ("efficiently modeling LONG sequences with structured state spaces", 1, {"2111.00396"}),
    # ids and links
    ("2403.06977", 1, {"2403.06977"}),
    ("arXiv:2401.09417v2", 1, {"2401.09417"}),
    ("https://arxiv.org/pdf/2402.12192.pdf", 1, {"2402.12192"}),
    # slips
    ("mmaba for vidoe", 3, {"2403.06977", "2403.09626"}),
    ("graph neural netwroks", 1, {"2402.08678"}),
    ("recomendation", 1, {"2403.03900"}),
]
