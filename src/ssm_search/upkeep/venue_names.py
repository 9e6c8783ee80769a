"""The names of venues as authors write them, and as lists do."""

from __future__ import annotations

_AS_THEY_ARE = """
    3DV AAAI AACL ACCV ACL AISTATS ASPLOS ASRU AutoML BMVC CAV CHIL CIKM COLING COLM COLT CPAL CVPR
    CHI CoLM CoNLL CoRL DAC DASFAA EACL ECAI ECCV ECIR EMNLP EUSIPCO FAccT GECCO HPCA
    ICANN ICAPS ICASSP ICCAD ICCV ICDAR ICDE ICDM ICIP ICLR ICME ICML ICONIP ICPR ICRA ICSE
    IJCAI IJCB IJCNN INFOCOM INTERSPEECH IPMI IROS ISBI ISCA ISIT ISMIR ISSTA IUI IWSLT JAIR JBHI
    JMLR KDD L4DC LREC LREC-COLING MIDL MICCAI MLHC MLSP MLSys MMM MobiCom NAACL NDSS NSDI NeurIPS
    OSDI PAKDD PLDI POPL PVLDB RecSys SIGIR SIGMOD SIGGRAPH SOSP TACL TASLP TCSVT TGRS TIFS TIP
    TKDE TMI TMLR TMM TNNLS TOIS TPAMI UAI UIST VLDB WACV WSDM WWW IJCV MLJ GRSL JSTARS TCYB
    TVCG""".split()
_OTHERWISE = {
    "ACM MM": "ACM MM",
    "ACM Multimedia": "ACM MM",
    "ACMMM": "ACM MM",
    "ECML-PKDD": "ECML PKDD",
    "ECML PKDD": "ECML PKDD",
    "ECML/PKDD": "ECML PKDD",
    "CORL": "CoRL",
    "Interspeech": "INTERSPEECH",
    "MedIA": "Medical Image Analysis",
    "NIPS": "NeurIPS",
    "NEURIPS": "NeurIPS",
    "Neurips": "NeurIPS",
    "NeuRIPS": "NeurIPS",
    "RA-L": "RA-L",
    "RAL": "RA-L",
    "SIGGRAPH Asia": "SIGGRAPH Asia",
    "SIGGRAPH ASIA": "SIGGRAPH Asia",
    "SIGKDD": "KDD",
    "T-PAMI": "TPAMI",
    "T-RO": "T-RO",
    "TRO": "T-RO",
    "TheWebConf": "WWW",
    "The Web Conference": "WWW",
    "UbiComp": "UbiComp",
    "USENIX Security": "USENIX Security",
}
ACRONYMS: dict[str, str] = {name: name for name in _AS_THEY_ARE} | _OTHERWISE
"""As authors abbreviate a venue: as lists do."""

_ON = r"conference (?:on|of)(?: the)?\s+"
FULL_NAMES: tuple[tuple[str, str], ...] = (
    (rf"{_ON}machine learning(?! and| for| app| tech| in)", "ICML"),
    (r"conference on learning representations?", "ICLR"),
    (r"(?:advances in |conference on )?neural information processing systems", "NeurIPS"),
    (r"joint conferences? on artificial intelligence", "IJCAI"),
    (r"joint conference on neural networks", "IJCNN"),
    (r"european conference on artificial intelligence", "ECAI"),
    (r"(?:AAAI )conference on artificial intelligence", "AAAI"),
    (r"(?:conference on )?computer vision and pattern recognition", "CVPR"),
    (r"european conference on computer vision", "ECCV"),
    (r"asian conference on computer vision", "ACCV"),
    (r"winter conference on applications of computer vision", "WACV"),
    (r"british machine vision conference", "BMVC"),
    (r"international conference on computer vision(?! theory| sys| and)", "ICCV"),
    (
        r"medical image computing and computer[- ]assisted interventions?",
        "MICCAI",
    ),
    (r"(?<!of )medical imaging with deep learning", "MIDL"),
    (r"symposium on biomedical imaging", "ISBI"),
    (
        r"(?:annual conference of the )?(?:north american|nations of the americas) chapter of the"
        r" association for computational linguistics",
        "NAACL",
    ),
    (
        r"(?:conference of the )?european chapter of the association for computational linguistics",
        "EACL",
    ),
    (r"transactions of the association for computational linguistics", "TACL"),
    (
        r"(?<!chapter of the )(?:annual )?meeting of the association for computational linguistics",
        "ACL",
    ),
    (r"empirical methods in natural language processing", "EMNLP"),
    (r"international conference on computational linguistics", "COLING"),
    (r"conference on computational natural language learning", "CoNLL"),
    (r"conference on language modell?ing", "COLM"),
    (r"conference on acoustics,? speech,? and signal processing", "ICASSP"),
    (r"conference on image processing", "ICIP"),
    (r"conference on multimedia and expo", "ICME"),
    (r"international conference on multimedia(?! model| retr| &| and)", "ACM MM"),
    (r"international conference on pattern recognition(?! app| and)", "ICPR"),
    (r"conference on robotics and automation", "ICRA"),
    (r"conference on intelligent robots and systems", "IROS"),
    (r"conference on robot learning", "CoRL"),
    (r"robotics: science and systems", "RSS"),
    (r"robotics and automation letters", "RA-L"),
    (r"pacific[- ]asia conference on knowledge discovery and data mining", "PAKDD"),
    (r"conference on knowledge discovery (?:and|&) data mining", "KDD"),
    (
        r"conference on research and development in information retrieval",
        "SIGIR",
    ),
    (r"conference on information and knowledge management", "CIKM"),
    (r"conference on web search and data mining", "WSDM"),
    (r"conference on recommender systems", "RecSys"),
    (r"conference on data engineering", "ICDE"),
    (r"international conference on data mining(?! work)", "ICDM"),
    (r"conference on artificial intelligence and statistics", "AISTATS"),
    (r"conference on uncertainty in artificial intelligence", "UAI"),
    (r"conference on learning theory", "COLT"),
    (r"automatic speech recognition and understanding", "ASRU"),
    (r"society for music information retrieval", "ISMIR"),
    (r"transactions on machine learning research", "TMLR"),
    (r"journal of machine learning research", "JMLR"),
    (r"transactions on pattern analysis and machine intelligence", "TPAMI"),
    (r"international journal of computer vision", "IJCV"),
    (r"transactions on image processing", "TIP"),
    (r"transactions on multimedia(?! comp)", "TMM"),
    (r"transactions on medical imaging", "TMI"),
    (r"transactions on geoscience and remote sensing", "TGRS"),
    (r"geoscience and remote sensing letters", "GRSL"),
    (r"transactions on circuits and systems for video technology", "TCSVT"),
    (r"transactions on neural networks and learning systems", "TNNLS"),
    (r"transactions on knowledge and data engineering", "TKDE"),
    (r"transactions on information systems", "TOIS"),
    (r"transactions on audio,? speech,? and language processing", "TASLP"),
    (r"transactions on information forensics and security", "TIFS"),
    (r"journal of biomedical and health informatics", "JBHI"),
    (r"journal of artificial intelligence research", "JAIR"),
    (r"medical image analysis", "Medical Image Analysis"),
    (r"web conference", "WWW"),
)
"""What a venue calls itself, as a pattern: what lists call it."""

JOURNALS: dict[str, str] = {
    name.casefold(): name
    for name in (
        "Artificial Intelligence",
        "Bioinformatics",
        "Computer Vision and Image Understanding",
        "Computers in Biology and Medicine",
        "Engineering Applications of Artificial Intelligence",
        "Expert Systems with Applications",
        "Image and Vision Computing",
        "Information Fusion",
        "Information Sciences",
        "Knowledge-Based Systems",
        "Machine Learning",
        "Nature Machine Intelligence",
        "Neural Computation",
        "Neural Networks",
        "Neurocomputing",
        "Pattern Recognition",
        "Physical Review E",
        "Physical Review Letters",
        "Remote Sensing",
        "Signal Processing",
    )
}
"""Journals whose names could be those of topics, unless a paper was accepted there."""

_YEAR = r"(?P<year>(?:19|20)\d\d)"
BY_DOI: tuple[tuple[str, str], ...] = (
    (r"10\.1109/access\." + _YEAR, "IEEE Access"),
    (r"10\.1109/lra\." + _YEAR, "RA-L"),
    (r"10\.1109/tro\." + _YEAR, "T-RO"),
    (r"10\.1109/lgrs\." + _YEAR, "GRSL"),
    (rf"10\.1109/(?P<name>[a-z]+?)(?P<workshop>w)\d{{4,6}}\.{_YEAR}\.", ""),
    (rf"10\.1109/(?P<name>[a-z]+)(?:\d{{4,6}})?\.{_YEAR}\.", ""),
    (rf"10\.18653/v1/{_YEAR}\.(?P<findings>findings)-(?P<name>[a-z]+)\.", ""),
    (rf"10\.18653/v1/{_YEAR}\.(?P<name>[a-z]+)-(?:main|long|short)\.", ""),
    (rf"10\.24963/ijcai\.{_YEAR}/", "IJCAI"),
    (rf"10\.21437/interspeech\.{_YEAR}-", "INTERSPEECH"),
    (r"10\.1609/aaai\.v(?P<volume>\d\d)i", "AAAI"),
    (rf"10\.1016/j\.media\.{_YEAR}\.", "Medical Image Analysis"),
    (rf"10\.1016/j\.patcog\.{_YEAR}\.", "Pattern Recognition"),
    (rf"10\.1016/j\.neunet\.{_YEAR}\.", "Neural Networks"),
    (rf"10\.1016/j\.neucom\.{_YEAR}\.", "Neurocomputing"),
    (rf"10\.1016/j\.eswa\.{_YEAR}\.", "Expert Systems with Applications"),
    (r"10\.1038/s41586-", "Nature"),
    (r"10\.1038/s41467-", "Nature Communications"),
    (r"10\.1038/s42256-", "Nature Machine Intelligence"),
    (r"10\.1038/s41598-", "Scientific Reports"),
    (r"10\.1007/s11263-", "IJCV"),
)
"""How the DOIs of a venue begin: its name, unless that stands in the DOI."""
