"""How common the words of machine-learning papers are, whatever they are about."""

from __future__ import annotations

from functools import cache

# Counted in the titles and abstracts of 111,522 papers on machine learning, most of 2023 to 2026;
# of each percent that has them, the stems that so many have.
_BY_PERCENT = """
71 model
49 use
46 base
45 propos
42 method perform
39 result
38 demonstr larg
36 learn
35 approach data languag
34 introduc
33 show task train
32 effect generat
31 evalu framework improv
30 achiev
29 dataset howev paper
28 across challeng exist
27 experi provid
26 high state studi system
25 signific work
24 address time
23 effici limit present specif two
22 design novel
21 also benchmark comput enabl optim process set
20 compar first inform
19 applic differ enhanc llms real requir
18 art complex develop find general multi problem structur
17 accuraci analysi includ integr network new often recent
16 adapt capabl code consist extens imag level outperform predict scale
15 addit domain dynam featur human leverag llm make one remain research robust via without
14 algorithm avail direct increas multipl potenti qualiti reason reduc represent world
13 advanc baselin context distribut divers due fine identifi object strategi three various
12 align architectur combin control current explor focus function https interact knowledg natur
relat sampl space text understand well within
11 agent appli condit cost critic detect experiment infer key lead low mechan neural non observ
offer open paramet particular practic singl solut sourc support techniqu test transform tune util
valid
10 captur case comprehens construct deep depend estim gap input like need oper reli reveal
scenario semant strong user visual yet
9 abil accur aim allow assess awar behavior employ environ field final highlight import investig
issu local measur prompt rate select sever simul standard step target term
8 attent better conduct cross decis deploy driven empir encod end error establish even extract
furthermor github guid implement incorpor insight interpret lack long machin mani may metric
number output point power preserv previous prior produc promis question rang reliabl repres
respons score self success supervis tool toward tradit vision
7 analyz augment build classif com compon consid constraint continu contribut crucial deriv embed
ensur exhibit explicit extend form futur given graph ground label layer loss maintain map mitig
modul order posit pre precis properti public reinforc resourc retriev signal similar size solv
substanti suggest superior systemat theoret token type typic valu weight wide
6 action activ annot answer approxim autom averag becom best call chang class collect common
content contrast correct creat despit emerg exampl fail follow foundat four free gain global
higher impact indic intellig involv linear match memori minim modal moreov multimod numer obtain
pair paradigm pattern pipelin polici progress relev scalabl second simpl small stage still tempor
unifi way yield zero
5 access adopt altern among automat beyond bias bound close complet constrain contain correl
correspond defin detail diffus dimension distinct engin especi essenti evid execut expert face
facilit factor fix full fulli fundament gradient handl independ individu initi instruct iter joint
known main mean nois origin overal physic pose project prove queri random rather refer refin
region respect risk role search sensit sequenc share shift shot shown spatial struggl synthet
theori thus trajectori transfer url vari video view whether
4 acceler advantag adversari along although area artifici assist associ attack attribut autonom
balanc benefit bridg caus chain character classifi collabor communic competit concept connect
convent converg core decod degrad demand determin differenti dimens discuss document downstream
either energi examin explain exploit express feedback five flexibl formul goal gpt grain group
help influenc inher inspir instanc interest latent less lightweight lower manag methodolog name
near notabl onlin path per person perspect phase plan play possibl post prefer principl product
rank rapid recognit reconstruct reflect relationship releas remark report reward robot safeti
scene scheme segment separ serv shape short spars special stabil statist suffer take technolog
therebi therefor uncertainti uniqu updat variabl variat vector verifi
3 account add adjust affect aggreg analys appear aspect assumpt avoid boundari box built candid
cannot capac categori central certain characterist choic classic clinic cluster coher communiti
comparison compress compris concern configur confirm contextu convers convolut coordin could coupl
cover dens depth describ descript devic difficult difficulti discret distanc distil drive dual
earli edg effort equat event evolut evolv expect extern failur famili fast fidel filter finit flow
formal format found frame frequenc fusion geometr geometri grow guarante guidanc hard heterogen
hierarch hybrid implicit induc industri innov instead intens internal larger latenc length light
literatur logic loop made major manipul manual mask mathemat maxim medic mix mode modern motion
motiv much must negat next node normal outcom overcom overhead parallel part partial percept
perturb platform popular pretrain primarili privaci probabl procedur program protocol purpos
quantifi quantit reach realist recommend reduct regress regular reproduc resolut review rich rule
run secur sequenti seri simultan sinc social softwar span speech speed stabl static stochast
subject subsequ suffici surfac surpass synthes synthesi tackl tailor textual togeth top track
trade transit translat treat turn under unlik upon variant vulner weak workflow year
2 abl ablat abstract accord act agnost allevi alloc alon ambigu amount analyt anoth appropri
arbitrari argu aris around articl assign assum attempt audio backbon background bayesian binari
black block bodi boost bottleneck broad broader budget calcul calibr camera care causal center
centric channel check clear clip cloud cognit compact compat complementari composit compromis
confid consequ consider constant consum convert corpus coverag cue curat custom decompos
decomposit decoupl decreas degre deliv densiti desir detector determinist diagnost dialogu digit
discov discoveri discrimin distinguish diverg domin easili edit educ efficaci element elimin
emphas encourag enforc engag english ensembl entir entiti entropi environment equival everi exact
exceed excel expand expens explan expos extrem fact fair far faster feasibl fewer fit forc
forecast forward frequent frontier fuse game gate gaussian generaliz give good govern gpu great
hallucin hand hardwar harm head health heurist hidden hinder histor hold horizon idea ident
identif illustr implic impress inconsist index inject insuffici intent inter interfac intermedi
intervent intrins invari invers isol item kernel law least leav lie line linguist link llama locat
log magnitud manner margin materi matrix maximum meaning million miss mixtur mobil modifi modular
monitor move multilingu navig necessari nlp noisi nonlinear occur offlin opportun organiz orient
overlook particip pass past patient period persist phenomenon pixel poor popul presenc prevent
primari probabilist probe profil promot proof propag qualit quantum rag rais ratio raw realiz
recal receiv recogn record recov redund regard regim relianc remov render replac residu resolv
restrict retain rigor rout safe satisfi scienc scientif seamless semi sens sensor sentenc servic
showcas side six skill smaller smooth sole sota specifi spectral start stream strength stronger
student style sub subset suit suitabl summar survey symbol technic tend third thought threshold
topic topolog total trace transpar transport tree true trust truth uncov underscor uniform unit
universal unknown unseen unsupervis usag usual valuabl varianc varieti vehicl verif version volum
web wherea whose wise word would
1 absenc absolut accept accumul acquir acquisit actual agreement aid almost alongsid alreadi alway
amplifi anchor anomali api artifact ask asymptot atom attain attract audit author autoencod
autoregress auxiliari back barrier basi basic batch begin behaviour behind bench biolog bit brain
branch break bring caption carlo carri categor cell chatgpt circuit claim clean cnn coars coeffici
collaps come commerci compet complement compos concentr conceptu conclud conclus concret conflict
consumpt convex cooper corpora cot count counterpart craft creation criteria cultur curv cycl
databas deal dedic deeper defens definit delay denois deviat diagnosi discrep diseas disentangl
distort draw drift drop easi eight electron embodi emergenc emot encompass encount enrich equal
equip ethic except expans expertis exponenti factual faith fall fals favor feder fill financi
finetun forget foster fraction frozen gemini generic granular greater grid growth har healthcar
heavi heavili henc highest histori hour hypothesi ideal ignor iii impos incomplet incorrect
increment incur ineffici infrastructur interfer intric intuit judg judgment keep landscap last
latter learnabl librari life likelihood littl live load longer lora magnet mark market markov mass
massiv matric matter media meet merg messag meta might minimum misalign mismatch mllms moder modif
mont movement narrow nativ necessit neglect net norm notion nuanc off optic other outlin overlap
page parameter parametr particl partit patch pathway pave peopl perceiv pivot place plausibl
polynomi pool practition predomin preval priorit privat prone proper protect prototyp proven proxi
prune pseudo pure quadrat quantiz rare read recoveri recurr regul repeat request resili retrain
return revers right rise root round runtim scan scarciti schedul scope seek seen setup seven
simplifi situat slow soft solver sophist sparsiti spectrum speedup split squar steer stem storag
store strateg strict suboptim summari suppress surpris sustain taxonomi teacher team temperatur
ten textbf textit theorem think thorough though threat throughout throughput traffic treatment
trend trigger trustworthi unclear underexplor unlabel upper vast versatil violat virtual vlms
vocabulari wave whole widespread window write
"""
RARE = 0.002  # what is taken for the share of a stem that is not among them


@cache
def _shares() -> dict[str, float]:
    shares: dict[str, float] = {}
    percent = 0
    for word in _BY_PERCENT.split():
        if word.isdecimal():
            percent = int(word)
        else:
            shares[word] = percent / 100
    return shares


def share_of_papers(stem: str) -> float:
    """The share of papers on machine learning that have ``stem``; ``RARE`` of most."""
    return _shares().get(stem, RARE)
