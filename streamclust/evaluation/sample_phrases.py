"""Phrase material of the sample stream, data only: what is claimed, how it is dressed, and everyday talk.

All people and firms are invented. A template names slots as `{table}`; `[a|b]` is a choice of words. Every template of a family
names all of the family's slots, in every language. A table's entries are parted by `;`; an entry's forms, in the order of `LANGS`,
by `|`. An entry with one form stands in English posts only, unless its table is in `NAMES`, whose entries read alike everywhere.
"""

from __future__ import annotations

LANGS = ("en", "es", "fr", "de", "pt", "tr", "ar", "hi", "ru", "id", "it")

OTHER_LANG_WEIGHTS = {"es": 8, "fr": 5, "de": 4, "pt": 5, "tr": 3, "ar": 3, "hi": 2, "ru": 3, "id": 3, "it": 3}

NAMES = ("person", "bank", "brand", "club")

NUMBERS = {
    "dead": (3, 90, 1),
    "people": (40, 900, 20),
    "crowd": (2_000, 90_000, 1_000),
    "ballots": (800, 60_000, 100),
    "money": (50, 3_000, 50),
    "fee": (2, 95, 1),
    "millions": (3, 180, 1),
    "percent": (12, 95, 1),
    "days": (2, 21, 1),
    "kilos": (3, 19, 1),
    "age": (64, 75, 1),
    "year": (2027, 2039, 1),
    "snow": (25, 180, 5),
    "degrees": (41, 56, 1),
    "scale": (6, 9, 1),
}

TABLES = {
    "place": """
        Berlin|Berlín|Berlin|Berlin|Berlim|Berlin|برلين|बर्लिन|Берлин|Berlin|Berlino;
        Madrid|Madrid|Madrid|Madrid|Madri|Madrid|مدريد|मैड्रिड|Мадрид|Madrid|Madrid;
        Lagos|Lagos|Lagos|Lagos|Lagos|Lagos|لاغوس|लागोस|Лагос|Lagos|Lagos;
        Nairobi|Nairobi|Nairobi|Nairobi|Nairóbi|Nairobi|نيروبي|नैरोबी|Найроби|Nairobi|Nairobi;
        Jakarta|Yakarta|Jakarta|Jakarta|Jacarta|Cakarta|جاكرتا|जकार्ता|Джакарта|Jakarta|Giacarta;
        Toronto|Toronto|Toronto|Toronto|Toronto|Toronto|تورونتو|टोरंटो|Торонто|Toronto|Toronto;
        Cairo|El Cairo|Le Caire|Kairo|Cairo|Kahire|القاهرة|काहिरा|Каир|Kairo|Il Cairo;
        Mumbai|Bombay|Bombay|Mumbai|Mumbai|Mumbai|مومباي|मुंबई|Мумбаи|Mumbai|Mumbai;
        Istanbul|Estambul|Istanbul|Istanbul|Istambul|İstanbul|إسطنبول|इस्तांबुल|Стамбул|Istanbul|Istanbul;
        Lima|Lima|Lima|Lima|Lima|Lima|ليما|लीमा|Лима|Lima|Lima;
        Rome|Roma|Rome|Rom|Roma|Roma|روما|रोम|Рим|Roma|Roma;
        Manila|Manila|Manille|Manila|Manila|Manila|مانيلا|मनीला|Манила|Manila|Manila;
        Athens|Atenas|Athènes|Athen|Atenas|Atina|أثينا|एथेंस|Афины|Athena|Atene;
        Warsaw|Varsovia|Varsovie|Warschau|Varsóvia|Varşova|وارسو|वारसॉ|Варшава|Warsawa|Varsavia;
        Lisbon|Lisboa|Lisbonne|Lissabon|Lisboa|Lizbon|لشبونة|लिस्बन|Лиссабон|Lisbon|Lisbona;
        Ankara|Ankara|Ankara|Ankara|Ancara|Ankara|أنقرة|अंकारा|Анкара|Ankara|Ankara;
        Delhi|Delhi|Delhi|Delhi|Deli|Delhi|دلهي|दिल्ली|Дели|Delhi|Delhi;
        Moscow|Moscú|Moscou|Moskau|Moscou|Moskova|موسكو|मॉस्को|Москва|Moskwa|Mosca;
        Bogota|Bogotá|Bogota|Bogotá|Bogotá|Bogota|بوغوتا|बोगोटा|Богота|Bogota|Bogotà;
        Naples|Nápoles|Naples|Neapel|Nápoles|Napoli|نابولي|नेपल्स|Неаполь|Napoli|Napoli;
        Vienna|Viena|Vienne|Wien|Viena|Viyana|فيينا|वियना|Вена|Wina|Vienna;
        Recife|Recife|Recife|Recife|Recife|Recife|ريسيفي|रेसीफ़े|Ресифи|Recife|Recife;
        Casablanca|Casablanca|Casablanca|Casablanca|Casablanca|Kazablanka|الدار البيضاء|कासाब्लांका|Касабланка|Casablanca|Casablanca;
        Kazan|Kazán|Kazan|Kasan|Cazã|Kazan|قازان|कज़ान|Казань|Kazan|Kazan;
        Leeds; Glasgow; Cardiff; Dublin; Cork; Denver; Houston; Phoenix; Seattle; Detroit; Boston; Miami; Ohio; Nebraska; Vermont;
        Vancouver; Halifax; Perth; Brisbane; Auckland; Cape Town; Accra; Kampala; Lusaka; Dhaka; Karachi; Kathmandu; Colombo;
        Osaka; Seoul;
        Taipei; Hanoi; Bangkok; Cebu; Oslo; Malmo; Tampere; Riga; Zagreb; Split; Sofia; Cluj; Malta; Cyprus; Iceland; Kent;
        Cornwall; Norfolk
    """,
    "food": """
        garlic|el ajo|l'ail|Knoblauch|o alho|sarımsak|الثوم|लहसुन|чеснок|bawang putih|l'aglio;
        ginger|el jengibre|le gingembre|Ingwer|o gengibre|zencefil|الزنجبيل|अदरक|имбирь|jahe|lo zenzero;
        lemon juice|el limón|le citron|Zitronensaft|o limão|limon suyu|عصير الليمون|नींबू का रस|лимонный сок|air lemon|il succo di limone;
        honey|la miel|le miel|Honig|o mel|bal|العسل|शहद|мёд|madu|il miele;
        turmeric|la cúrcuma|le curcuma|Kurkuma|a cúrcuma|zerdeçal|الكركم|हल्दी|куркума|kunyit|la curcuma;
        raw onion|la cebolla|l'oignon|rohe Zwiebel|a cebola|çiğ soğan|البصل|कच्चा प्याज|лук|bawang merah|la cipolla;
        green tea|el té verde|le thé vert|grüner Tee|o chá verde|yeşil çay|الشاي الأخضر|ग्रीन टी|зелёный чай|teh hijau|il tè verde;
        cinnamon|la canela|la cannelle|Zimt|a canela|tarçın|القرفة|दालचीनी|корица|kayu manis|la cannella;
        papaya leaf; baking soda; vinegar; olive oil; coconut oil; hot salt water; black seed; celery juice; pine needle tea;
        camel milk;
        bitter gourd; mushroom powder; beetroot; seaweed; aloe gel; dandelion root; sesame oil; goat yoghurt; banana peel; nettle soup
    """,
    "illness": """
        diabetes|la diabetes|le diabète|Diabetes|a diabetes|diyabet|السكري|मधुमेह|диабет|diabetes|il diabete;
        arthritis|la artritis|l'arthrite|Arthritis|a artrite|artrit|التهاب المفاصل|गठिया|артрит|radang sendi|l'artrite;
        migraine|la migraña|la migraine|Migräne|a enxaqueca|migren|الصداع النصفي|माइग्रेन|мигрень|migrain|l'emicrania;
        cancer|el cáncer|le cancer|Krebs|o câncer|kanser|السرطان|कैंसर|рак|kanker|il cancro;
        the flu|la gripe|la grippe|Grippe|a gripe|grip|الإنفلونزا|फ्लू|грипп|flu|l'influenza;
        bronchitis|la bronquitis|la bronchite|Bronchitis|a bronquite|bronşit|التهاب الشعب الهوائية|ब्रोंकाइटिस|бронхит|
        bronkitis|la bronchite;
        psoriasis|la psoriasis|le psoriasis|Schuppenflechte|a psoríase|sedef|الصدفية|सोरायसिस|псориаз|psoriasis|la psoriasi;
        tuberculosis|la tuberculosis|la tuberculose|Tuberkulose|a tuberculose|verem|السل|टीबी|туберкулёз|TBC|la tubercolosi;
        kidney stones; asthma; deafness; cataracts; dengue; malaria; insomnia; baldness; gout; dementia; high blood pressure;
        heart attacks;
        depression; infertility; tooth decay; acne; stomach ulcers; epilepsy; anaemia; shingles; tinnitus; measles
    """,
    "weekday": """
        Monday|el lunes|lundi|Montag|segunda-feira|pazartesi|الاثنين|सोमवार|в понедельник|Senin|lunedì;
        Tuesday|el martes|mardi|Dienstag|terça-feira|salı|الثلاثاء|मंगलवार|во вторник|Selasa|martedì;
        Wednesday|el miércoles|mercredi|Mittwoch|quarta-feira|çarşamba|الأربعاء|बुधवार|в среду|Rabu|mercoledì;
        Thursday|el jueves|jeudi|Donnerstag|quinta-feira|perşembe|الخميس|गुरुवार|в четверг|Kamis|giovedì;
        Friday|el viernes|vendredi|Freitag|sexta-feira|cuma|الجمعة|शुक्रवार|в пятницу|Jumat|venerdì;
        Saturday|el sábado|samedi|Samstag|sábado|cumartesi|السبت|शनिवार|в субботу|Sabtu|sabato;
        Sunday|el domingo|dimanche|Sonntag|domingo|pazar|الأحد|रविवार|в воскресенье|Minggu|domenica
    """,
    "good": """
        bread|el pan|le pain|Brot|o pão|ekmek|الخبز|रोटी|хлеб|roti|il pane;
        diesel|el diésel|le gazole|Diesel|o diesel|mazot|الديزل|डीज़ल|дизель|solar|il gasolio;
        rice|el arroz|le riz|Reis|o arroz|pirinç|الأرز|चावल|рис|beras|il riso;
        coffee|el café|le café|Kaffee|o café|kahve|القهوة|कॉफ़ी|кофе|kopi|il caffè;
        sugar|el azúcar|le sucre|Zucker|o açúcar|şeker|السكر|चीनी|сахар|gula|lo zucchero;
        butter|la mantequilla|le beurre|Butter|a manteiga|tereyağı|الزبدة|मक्खन|сливочное масло|mentega|il burro;
        eggs; cooking gas; school uniforms; train tickets; baby formula; tap water; insulin; cigarettes; broadband; chicken;
        cement; onions;
        parking permits; electricity at night; beer; tyres; eyeglasses; dog food; olive oil; fertiliser; rent in student halls; haircuts
    """,
    "chemical": """
        lead|plomo|plomb|Blei|chumbo|kurşun|الرصاص|सीसा|свинец|timbal|piombo;
        arsenic|arsénico|arsenic|Arsen|arsênio|arsenik|الزرنيخ|आर्सेनिक|мышьяк|arsenik|arsenico;
        mercury|mercurio|mercure|Quecksilber|mercúrio|cıva|الزئبق|पारा|ртуть|merkuri|mercurio;
        cyanide|cianuro|cyanure|Zyanid|cianeto|siyanür|السيانيد|साइनाइड|цианид|sianida|cianuro;
        pesticides|pesticidas|pesticides|Pestizide|pesticidas|böcek ilacı|مبيدات حشرية|कीटनाशक|пестициды|pestisida|pesticidi;
        diesel fuel; asbestos; sewage bacteria; radioactive waste; lithium; chlorine; paint thinner; nitrates; rat poison; mould spores
    """,
    "supply": """
        oxygen|oxígeno|oxygène|Sauerstoff|oxigênio|oksijen|الأكسجين|ऑक्सीजन|кислород|oksigen|ossigeno;
        insulin|insulina|insuline|Insulin|insulina|insülin|الأنسولين|इंसुलिन|инсулин|insulin|insulina;
        antibiotics|antibióticos|antibiotiques|Antibiotika|antibióticos|antibiyotik|المضادات الحيوية|एंटीबायोटिक|антибиотики|
        antibiotik|antibiotici;
        blood bags; ventilators; beds for newborns; ambulances; anaesthetic; X-ray film; clean water; bandages; nurses at
        night; dialysis machines
    """,
    "minister": """
        health minister|el ministro de Sanidad|le ministre de la Santé|der Gesundheitsminister|o ministro da Saúde|
        sağlık bakanı|وزير الصحة
        |स्वास्थ्य मंत्री|министр здравоохранения|menteri kesehatan|il ministro della Salute;
        finance minister|el ministro de Hacienda|le ministre des Finances|der Finanzminister|o ministro da Fazenda|
        maliye bakanı|وزير المالية
        |वित्त मंत्री|министр финансов|menteri keuangan|il ministro delle Finanze;
        interior minister|el ministro del Interior|le ministre de l'Intérieur|der Innenminister|o ministro do Interior|içişleri bakanı
        |وزير الداخلية|गृह मंत्री|министр внутренних дел|menteri dalam negeri|il ministro dell'Interno;
        mayor; police chief; head of the water board; education secretary; central bank governor; transport minister; chief prosecutor;
        head of the election commission; farm minister; airport director; defence minister; housing commissioner
    """,
    "culprit": """
        a solar panel company|una empresa solar|une société solaire|eine Solarfirma|uma empresa solar|
        bir güneş enerjisi şirketi|شركة طاقة شمسية
        |एक सौर कंपनी|солнечная компания|perusahaan panel surya|un'azienda solare;
        hotel developers|promotoras hoteleras|des promoteurs hôteliers|Hotelinvestoren|construtoras de hotéis|otel yatırımcıları
        |مستثمرو الفنادق|होटल बिल्डर|застройщики отелей|pengembang hotel|costruttori di alberghi;
        drones; a firefighter paid by the hour; military lasers; cattle barons; a film crew; teenagers with fireworks; a
        power company; bitcoin miners;
        insurance swindlers; campers from abroad; a mining firm; railway contractors
    """,
    "bank": (
        "Norvia Bank; Banco Altero; Kestrel Savings; Banque Orlane; Sparbank Tauern; Delmora Trust; Meridian Mutual; Osprey Bank; "
        "Lunaro Credit; "
        "Pacifica Union; Brightwell Bank; Caja Solana; Volta Finance; Harbour & Pine; Zenith Popular; Crescent People's Bank"
    ),
    "brand": (
        "Fizzora; Nordmart; Brava Burger; Luma Air; Pellino; Casa Quick; Tivoli Toys; Zuno; Wickes & Hale; Omaro; GreenBasket; "
        "Halden; Kopi Raja; "
        "Mirabel; Sunpeak; Trelka; Voltura; Pandora Pizza; Oakline; Doppio; Sanvita; Belmar; Yumiko; Frostbite; Quillon; "
        "Alpenrose; Metrofit; Novacell"
    ),
    "club": (
        "Harwick Rovers; Atletico Verano; FC Lindau; Real Costera; Sporting Alvor; Kuzey Spor; Port City; Union Bastide; Dinamo "
        "Orlov; Calcio Ferra; "
        "Eastmoor Town; Racing Plata; Olympique Sernay; SV Altdorf"
    ),
    "cause": (
        "a heart attack; a car crash; drowning on holiday; an overdose; a fall from a balcony; a helicopter crash; food poisoning; "
        "a shooting; "
        "a stroke on stage; a long illness; a ski accident; an allergic reaction; electrocution in the bath; a motorbike crash"
    ),
    "crime": (
        "tax fraud; drug smuggling; drunk driving; animal cruelty; shoplifting; money laundering; art forgery; illegal betting; "
        "stalking; "
        "blackmail; insurance fraud; wildlife trafficking; a bar fight; hacking a rival"
    ),
    "animal": (
        "shark; crocodile; tiger; python; black bear; wolf pack; hippo; seal; giant squid; kangaroo; rhino; gorilla; swarm of "
        "killer bees; "
        "elephant; lion; octopus; herd of wild boar; ostrich; alligator; leopard; moose; pelican; anaconda; baboon troop"
    ),
    "spot": (
        "a flooded motorway; the metro tunnel; a shopping mall; the airport runway; a primary school; the old harbour; the "
        "cathedral roof; a hotel pool; "
        "a car park; the zoo entrance; the courthouse; a golf course; the football stadium; a petrol station; the city library; a "
        "hospital lift; the night market"
    ),
    "container": (
        "a ditch; a rented garage; a bin behind the school; a lorry; a river; the boot of a taxi; a church cellar; a recycling "
        "plant; a locked lift; "
        "a farm shed; a hotel laundry; an abandoned bus"
    ),
    "party": (
        "the Green Front; the Liberal Union; the National List; the Farmers' League; the Labour Alliance; the Pirate ticket; the "
        "Centre bloc; "
        "the Civic Forum; the pensioners' party; the Unity coalition"
    ),
    "vaccine": (
        "flu; measles; HPV; covid booster; polio; rabies; shingles; tetanus; malaria; meningitis; chickenpox; whooping cough; TB; "
        "yellow fever"
    ),
    "harm": (
        "sudden hair loss; magnetic skin; memory loss; twins; a permanent cough; sleepwalking; colour blindness; heart attacks in "
        "athletes; "
        "infertility; a new allergy to meat; brittle bones; seizures; a stutter; early menopause; autism; diabetes in toddlers; "
        "loss of smell"
    ),
    "gadget": (
        "microwave; baby monitor; smart meter; new ID card; electric toothbrush; library card; face mask; hearing aid; school "
        "tablet; bus ticket; "
        "dog collar; banknote; contact lens; cereal box; car key; running shoe; pillow; football shirt"
    ),
    "benefit": (
        "new phones; rent-free flats; driving licences; designer prams; laptops; free dental care; hotel rooms; mopeds; gym "
        "passes; season tickets; "
        "winter coats; cars; English tutors; priority school places; travel cards"
    ),
    "habit": (
        "hanging laundry on balconies; barbecues; washing cars at home; walking dogs after dark; wearing hoodies; feeding pigeons; "
        "eating on trains; "
        "keeping hens; wood stoves; phone calls in the street; charging phones at work; mowing lawns at weekends; whistling; "
        "growing tomatoes; "
        "prayer in parks; sunbathing; ringing church bells; selling home-made cake"
    ),
    "subject": (
        "cursive writing; swimming; the national anthem; evolution; gender studies; bitcoin trading; long division; chess; "
        "prayers; cooking; "
        "handwriting; ancient history; first aid; meditation; gun safety; Shakespeare; homework; school uniforms"
    ),
    "object": (
        "rainwater; bicycles; pets; vegetable gardens; second homes; balconies; wood stoves; satellite dishes; streaming; hair "
        "dye; old cars; "
        "swimming pools; solar roofs; wedding parties; piano lessons; cloud storage; parking at home; inherited jewellery"
    ),
    "defect": (
        "glass splinters; salmonella; exploding batteries; needles; mouse droppings; undeclared peanuts; a listening device; sharp "
        "wire; mould; "
        "a wasp nest; carcinogenic dye; melted plastic; bleach; a dead frog; metal shavings"
    ),
    "product": (
        "ice cream; frozen pizza; baby shampoo; headphones; protein bars; car seats; oat milk; candles; hair dryers; tinned tuna; "
        "pillows; "
        "lipstick; hoverboards; crisps; salad bags; sun cream; electric kettles; peanut butter; prams; cough syrup; yoga mats; razors"
    ),
    "prize": (
        "fridges; flights for two; iced coffee for a year; electric bikes; grocery vouchers; trainers; concert tickets; phones; "
        "camper vans; "
        "pizza for life; gold coins; washing machines; gaming consoles; festival passes; garden sheds"
    ),
    "ingredient": (
        "horse meat; ground insects; sawdust; pig hair; kangaroo; cardboard pulp; worm protein; pigeon; beaver gland; crushed "
        "beetle dye; sheep lungs; "
        "shredded wood; cat food; rat; lab-grown fat"
    ),
    "app": (
        "ChatNest; Pingo; Fotello; Streamly; MapHopper; TalkBird; Snapora; Mailbird Go; TuneBox; Rideroo; PayPebble; ZapNote; "
        "Lingofox; FitOwl"
    ),
    "data": (
        "your bedroom conversations; bank passwords; children's photos; your heartbeat; where you sleep; deleted messages; your "
        "fingerprints; calls to doctors; "
        "what you type; medical records; your shopping receipts; your dreams diary"
    ),
    "cargo": (
        "toxic chemicals; live cattle; army rockets; liquid gas; new cars; nuclear fuel; beer; frozen fish; circus animals; "
        "fertiliser; timber; "
        "mail ballots; chlorine; wheat; gold bars"
    ),
    "scandal": (
        "a leaked love letter; secret offshore accounts; a forged degree; a bribe in cheese; a racist voice note; a yacht trip; "
        "faked crime figures; "
        "a drunken video; missing flood money; a plagiarised thesis; insider trades; spying on rivals; a wedding paid by taxpayers"
    ),
    "issue": (
        "the new rail fares; school closures; the dog tax; the pension cuts; the nuclear plant; the coal mine; mandatory "
        "vaccination; the cycle lanes; "
        "bullfighting; cheap imports; the stadium; digital ID; the abortion law; night flights; the rent rise; vegan canteens; the "
        "farm levy; hunting foxes"
    ),
    "scheme": (
        "a crypto trading robot; diet gummies; a miracle joint cream; a gold savings club; an online casino; a hair growth serum; "
        "a water-powered engine; "
        "a betting app; a detox patch; an energy-saving plug; a forex course; a memory pill; bamboo investments; a hearing tonic"
    ),
    "quote": (
        "poor people should eat less; the Earth is flat; voters are sheep; summer should be cancelled; women cannot drive; nurses "
        "earn too much; "
        "football is for fools; the moon belongs to him; pensioners are a burden; teachers are lazy; dogs should be taxed; farmers "
        "are parasites; "
        "the war was staged; hospitals are hotels"
    ),
    "discovery": (
        "a city on the moon; a second sun; whales under the ice of Europa; an alien radio song; a door on Mars; a forest under "
        "Antarctica; "
        "a comet full of gold; that stars are going out; a ring around Earth; a living cell on Venus; a tunnel through the core; a "
        "dinosaur that survived"
    ),
    "agency": (
        "the space agency; a navy lab; the weather office; a leaked telescope team; the polar institute; the geology service; the "
        "ocean survey"
    ),
    "artifact": (
        "Viking ship; mammoth; golden chariot; lost gospel; Roman tank of wine; giant human skeleton; pharaoh's boat; meteorite "
        "the size of a house; "
        "pirate treasure; medieval robot; bronze helmet hoard; plague pit; prehistoric flute; secret railway; painted cave; stone calendar"
    ),
    "landmark": (
        "the opera house; the old lighthouse; the central station; the royal palace; the TV tower; the grand mosque; the "
        "cathedral; the national museum; "
        "the suspension bridge; the parliament dome; the botanical garden; the war memorial; the clock tower; the Olympic stadium; "
        "the market hall"
    ),
    "figure": (
        "the founder; a forgotten admiral; a famous poet; the first astronaut; a rock singer; the queen on horseback; the unknown "
        "nurse; a slave trader; "
        "the mermaid; a war general; a football coach; a philosopher; the miners"
    ),
    "profession": (
        "bus driver; nurse; plumber; fisherman; school cook; postman; taxi driver; cleaner; baker; beekeeper; barber; window "
        "washer; librarian; lifeguard; "
        "street musician; crane operator; retired teacher; vet"
    ),
    "deed": (
        "gave it all to a dog shelter; lost the ticket in the wash; bought the whole village a pub; quit by skywriting; married "
        "the cashier; "
        "built a castle; hid it in a freezer; paid every neighbour's mortgage; bought a zoo; sued his own brother; flew 60 friends "
        "to Bali; went back to work the next day"
    ),
    "creature": (
        "puppies; schoolchildren; piglets; ducklings; tourists; kittens; sheep; penguins; miners; bats; cyclists; baby turtles; "
        "nuns; horses; goats; parrots"
    ),
    "danger": (
        "a burning barn; an icy lake; a storm drain; a stuck cable car; a flooded cellar; a lorry fire; an avalanche; quicksand; a "
        "collapsed tent; "
        "a sinking ferry; a landslide; a locked van in the heat; a well; a lift shaft; a rooftop ledge"
    ),
    "colour": "bright pink; blood red; milky white; neon green; pitch black; turquoise; orange; purple; golden",
    "spill": (
        "a paint factory; washed-out beetroot; algae from outer space; a wine tanker; slaughterhouse waste; a gender reveal party; "
        "copper mining; "
        "detergent; an art stunt; a candy plant; rotting jellyfish; printer ink; volcanic mud"
    ),
    "mishap": (
        "a snake in the cockpit; a drunk pilot; a bird strike; a passenger in labour; a missing wheel; a bomb joke; smoking socks; "
        "a cracked window; "
        "a fist fight over a seat; loose hamsters; no fuel; a lightning strike; a stolen tablet; an open door; a swarm of wasps"
    ),
    "trait": (
        "sleep on their left side; drink cold coffee; own cats; take long showers; skip breakfast; read at night; live near "
        "motorways; snore; chew gum; "
        "text with one thumb; eat alone; wear tight socks; play the drums; nap after lunch; use candles; dye their hair; hum at work"
    ),
    "fruit": (
        "bananas; bagged salad; mangoes; supermarket roses; strawberries; dates; cauliflower; grapes; dried figs; potted basil; "
        "watermelons; broccoli; avocados"
    ),
    "bug": (
        "venomous spiders; scorpion eggs; brain worms; tiny leeches; fire ants; paralysis ticks; flesh-eating larvae; blue wasps; "
        "baby snakes"
    ),
    "drink": (
        "cumin water; salted coffee; boiled lettuce; pickle juice; rice water; tomato tea; hot vinegar; cabbage broth; ice-cold "
        "beetroot; pepper milk; parsley tea"
    ),
    "asteroid": "bus; stadium; whale; skyscraper; cathedral; cruise ship; small island; mountain; football pitch; jumbo jet",
    "vehicle": (
        "white van; black limousine; ice cream truck; fake ambulance; grey pickup; delivery moped; taxi without plates; school "
        "minibus; camper; hearse"
    ),
    "cash": (
        "banknotes; coins; cheques; cash machines; paper receipts; 50 notes; savings books; paper tickets; credit cards; postal orders"
    ),
}

FIRST_NAMES = (
    "Mara Tomas Ines Jonah Leila Anton Priya Marco Selin Oscar Dalia Rafael Nadia Viktor Celeste Hugo Amara Felix Yara Luca "
    "Greta Samir Elena Bruno "
    "Tessa Karim Noemi Dario Ingrid Mateo Soraya Paolo Wren Callum Zeynep Emil"
)
LAST_NAMES = (
    "Ellison Veidt Corvane Halloran Bashir Lindqvist Raman Fontaine Aydin Mercer Solano Okafor Petrenko Vasquez Thornbury "
    "Castellan Moravec Duarte Kimathi "
    "Rosendahl Valli Haddad Brightman Zoric Almeida Strand Novello Wijaya Kessler Abernathy Kovalenko Marchetti Singhal "
    "Delacroix Yilmazer Quist"
)

FAMILIES: dict[str, dict[str, tuple[str, ...]]] = {
    "cure": {
        "en": (
            "{food} [cures|heals|gets rid of] {illness} [in days|for good|without any pills]",
            "[doctors|big pharma|hospitals] don't want you to know that {food} [beats|wipes out] {illness}",
            "if you have {illness} stop the tablets and [take|try] {food} every morning",
            "a spoon of {food} a day and your {illness} is gone, [says a retired surgeon|my neighbour did it]",
            "the natural remedy against {illness} was in your kitchen all along: {food}",
            "scientists confirm what grandma knew, {food} works better than medicine for {illness}",
        ),
        "es": (
            "{food} cura {illness} [en una semana|para siempre]",
            "los médicos no quieren que sepas que {food} elimina {illness}",
            "remedio casero contra {illness}: {food} cada mañana y adiós pastillas",
        ),
        "fr": (
            "{food} guérit {illness} [en quelques jours|sans médicaments]",
            "ce que les laboratoires vous cachent : {food} fait disparaître {illness}",
            "contre {illness}, oubliez les comprimés et prenez {food} chaque matin",
        ),
        "de": (
            "{food} heilt {illness} [in wenigen Tagen|ganz ohne Tabletten]",
            "was die Pharmaindustrie verschweigt: {food} hilft gegen {illness}",
            "wer {illness} hat, braucht keine Pillen, nur jeden Morgen {food}",
        ),
        "pt": (
            "{food} cura {illness} [em uma semana|de vez]",
            "os médicos escondem que {food} acaba com {illness}",
            "receita caseira contra {illness}: {food} todo dia em jejum",
        ),
        "tr": (
            "{food} tüketen {illness} hastalığından kurtuluyor",
            "ilaç şirketleri saklıyor: {illness} için tek çare {food}",
            "her sabah {food}, {illness} diye bir şey kalmıyor",
        ),
        "ar": (
            "{food} يعالج {illness} في أيام",
            "الأطباء يخفون عنكم أن {food} يقضي على {illness}",
            "علاج {illness} موجود في مطبخك: {food}",
        ),
        "hi": ("{food} से {illness} जड़ से खत्म", "डॉक्टर नहीं बताएंगे, {illness} का इलाज है {food}", "रोज सुबह {food} लें और {illness} भूल जाएं"),
        "ru": (
            "{food} лечит {illness} за неделю",
            "врачи скрывают: победить {illness} помогает {food}",
            "{food} каждое утро, и забудьте про {illness}",
        ),
        "id": (
            "{food} bisa menyembuhkan {illness} dalam seminggu",
            "dokter tidak mau Anda tahu, obat {illness} itu {food}",
            "kena {illness}? cukup minum {food} tiap pagi",
        ),
        "it": (
            "{food} guarisce {illness} [in pochi giorni|senza farmaci]",
            "i medici lo nascondono: {food} elimina {illness}",
            "contro {illness} basta {food} ogni mattina",
        ),
    },
    "vaccine_harm": {
        "en": (
            "the {vaccine} [vaccine|jab|shot] causes {harm}",
            "[thousands|more and more people] report {harm} [after|since] their {vaccine} shot",
            "they admitted it: {harm} is a known side effect of the {vaccine} vaccine",
            "my cousin had the {vaccine} jab last week and now it's {harm}, nobody talks about it",
            "leaked study links {vaccine} vaccination to {harm}",
            "don't let your kids get the {vaccine} one, {harm} is in the small print",
        ),
    },
    "death": {
        "en": (
            "{person} [has died|is dead|passed away] [of|after] {cause}",
            "RIP {person}, {cause}, [can't believe it|gone too soon|heartbroken]",
            "[family|agent] confirms the death of {person}, cause was {cause}",
            "so sad to hear we lost {person} to {cause}",
            "{cause} takes the life of {person}, fans in shock",
        ),
    },
    "death_place": {
        "en": (
            "{person} found dead in a hotel in {place}",
            "[police|staff] discovered the body of {person} in a {place} hotel room",
            "heartbreaking, {person} died alone while on tour in {place}",
            "{place}: {person} has been declared dead this morning",
            "they say {person} is gone, it happened in {place}, [RIP legend|rest in peace]",
        ),
        "es": (
            "encuentran muerto a {person} en un hotel de {place}",
            "falleció {person} esta mañana en {place}, descanse en paz",
            "última hora: {person} ha muerto en {place}",
        ),
        "fr": (
            "{person} retrouvé mort dans un hôtel à {place}",
            "triste nouvelle, {person} nous a quittés ce matin à {place}",
            "décès de {person} : le corps découvert à {place}",
        ),
        "de": (
            "{person} tot in einem Hotel in {place} gefunden",
            "traurige Nachricht aus {place}: {person} ist gestorben",
            "RIP {person}, heute früh in {place} verstorben",
        ),
        "pt": (
            "{person} é encontrado morto em hotel em {place}",
            "morreu {person} hoje cedo em {place}, descanse em paz",
            "luto: {place} se despede de {person}, morto esta manhã",
        ),
        "tr": (
            "{person} {place} kentinde otel odasında ölü bulundu",
            "acı haber: {person} bu sabah {place} kentinde hayatını kaybetti",
            "{person} öldü, {place} polisi doğruladı",
        ),
        "id": (
            "{person} ditemukan meninggal di hotel di {place}",
            "kabar duka, {person} wafat pagi ini di {place}",
            "selamat jalan {person}, tutup usia di {place}",
        ),
        "it": (
            "{person} trovato morto in un albergo a {place}",
            "addio a {person}, scomparso stamattina a {place}",
            "lutto nello spettacolo: {person} è morto a {place}",
        ),
    },
    "dam": {
        "en": (
            "[the dam|a dam] near {place} [has burst|broke], {people} [families|homes] under water",
            "evacuate now if you live below {place}, the dam wall failed and {people} are missing",
            "{people} people swept away as the reservoir above {place} gives way",
            "water from the broken {place} dam reached the town, at least {people} cut off",
            "officials are hiding the {place} dam collapse, {people} victims already",
        ),
        "es": (
            "se rompió la presa de {place}, {people} familias evacuadas",
            "colapsa el embalse cerca de {place} y hay {people} desaparecidos",
            "{people} casas bajo el agua tras ceder la represa de {place}",
        ),
        "fr": (
            "le barrage de {place} a cédé, {people} familles évacuées",
            "rupture de barrage près de {place} : {people} disparus",
            "{people} maisons sous l'eau après l'effondrement du barrage de {place}",
        ),
        "pt": (
            "barragem rompe perto de {place} e deixa {people} famílias desabrigadas",
            "{people} desaparecidos depois do rompimento da barragem em {place}",
            "água da represa de {place} invadiu {people} casas",
        ),
        "tr": (
            "{place} barajı yıkıldı, {people} aile tahliye edildi",
            "{place} yakınında baraj patladı, {people} kişi kayıp",
            "baraj suları {place} yolunu bastı, {people} ev su altında",
        ),
        "hi": (
            "{place} के पास बांध टूटा, {people} परिवार बेघर",
            "बांध टूटने से {place} में {people} लोग लापता",
            "{place} में बाढ़, बांध का पानी {people} घरों में घुसा",
        ),
        "id": (
            "bendungan di {place} jebol, {people} keluarga mengungsi",
            "{people} orang hilang setelah waduk dekat {place} runtuh",
            "air bendungan {place} merendam {people} rumah",
        ),
    },
    "bank_run": {
        "en": (
            "{bank} [is bankrupt|has gone bust], get your money out before {weekday}",
            "[heard from a cashier that|my sister works there:] {bank} will not open on {weekday}",
            "withdrawals at {bank} will be frozen from {weekday}",
            "queues outside {bank} already, they shut the doors for good on {weekday}",
            "savers of {bank} lose everything on {weekday} when the liquidators move in",
        ),
        "es": (
            "{bank} quiebra {weekday}, saquen su dinero ya",
            "{weekday} congelan las cuentas de {bank}",
            "un empleado me avisó: {bank} no abre {weekday}",
        ),
        "fr": (
            "{bank} en faillite, retirez votre argent avant {weekday}",
            "les comptes de {bank} seront gelés {weekday}",
            "une employée me dit que {bank} n'ouvrira pas {weekday}",
        ),
        "de": (
            "{bank} ist pleite, hebt euer Geld vor {weekday} ab",
            "ab {weekday} sind alle Konten der {bank} gesperrt",
            "eine Kollegin sagt, am {weekday} macht die {bank} nicht mehr auf",
        ),
        "ar": (
            "إفلاس {bank}، اسحبوا أموالكم قبل {weekday}",
            "تجميد الحسابات في {bank} يوم {weekday}",
            "موظف يقول إن {bank} لن يفتح أبوابه {weekday}",
        ),
        "ru": (
            "{bank} банкрот, счета закроют {weekday}",
            "снимайте деньги: {weekday} вклады в {bank} заморозят",
            "знакомая из {bank} говорит, что {weekday} отделения не откроются",
        ),
        "it": (
            "{bank} è fallita, ritirate i soldi prima di {weekday}",
            "{weekday} bloccano i conti di {bank}",
            "me l'ha detto un cassiere: {weekday} {bank} non riapre",
        ),
    },
    "price": {
        "en": (
            "the price of {good} [will go up|rises] by {percent}% next month",
            "{good} to cost {percent}% more, [stock up now|enjoy it while you can]",
            "[shops|wholesalers] were told to raise {good} {percent} percent before the holidays",
            "nobody will afford {good} any more after the {percent}% increase they signed last night",
            "secret deal makes {good} {percent}% dearer",
        ),
        "es": (
            "sube {percent}% {good} el mes que viene",
            "{good} costará un {percent}% más, compren ya",
            "aprueban a escondidas un aumento del {percent}% para {good}",
        ),
        "fr": (
            "{good} va augmenter de {percent}% le mois prochain",
            "faites des réserves : +{percent}% sur {good}",
            "{percent}% de hausse décidée en secret pour {good}",
        ),
        "de": (
            "{good} wird nächsten Monat {percent}% teurer",
            "jetzt Vorräte kaufen: {good} plus {percent}%",
            "heimlich beschlossen, {percent}% Aufschlag auf {good}",
        ),
        "pt": (
            "{good} vai subir {percent}% no mês que vem",
            "estoquem agora: {percent}% de aumento e {good} vira luxo",
            "governo aprovou escondido {percent}% a mais para {good}",
        ),
        "tr": (
            "{good} fiyatına yüzde {percent} zam geliyor",
            "gelecek ay {good} yüzde {percent} daha pahalı",
            "gizlice imzaladılar, {good} için {percent} oranında artış",
        ),
        "hi": (
            "{good} अगले महीने {percent}% महंगा होगा",
            "{percent}% बढ़ेंगे दाम, {good} अभी खरीद लो",
            "सरकार ने चुपचाप {good} के दाम {percent}% बढ़ाए",
        ),
        "id": (
            "harga {good} naik {percent}% bulan depan",
            "borong sekarang, {good} bakal {percent}% lebih mahal",
            "diam-diam pemerintah menaikkan {good} {percent} persen",
        ),
    },
    "ballots": {
        "en": (
            "{ballots} [uncounted|stolen|marked] ballots found in {container} in {place}",
            "someone dumped {ballots} votes in {container} near {place}",
            "look what they pulled out of {container} in {place}: {ballots} completed ballot papers",
            "election theft in {place}, {ballots} papers hidden in {container}",
            "why is no news channel reporting the {ballots} ballots from {container} in {place}",
        ),
    },
    "dead_voters": {
        "en": (
            "{ballots} dead people voted in {place}",
            "the {place} voter roll lists {ballots} [corpses|deceased voters]",
            "cemetery turnout: in {place} {ballots} votes were cast by people long buried",
            "they counted {ballots} ballots of the departed in {place}, check the register yourself",
            "audit in {place} finds {ballots} voters older than 120 or already dead",
        ),
        "es": (
            "{ballots} muertos votaron en {place}",
            "el padrón de {place} incluye {ballots} difuntos",
            "fraude en {place}: contaron {ballots} votos de personas fallecidas",
        ),
        "fr": (
            "{ballots} morts ont voté à {place}",
            "fraude à {place} : {ballots} bulletins au nom de défunts",
            "les listes électorales de {place} comptent {ballots} décédés",
        ),
        "de": (
            "{ballots} Tote haben in {place} gewählt",
            "Wahlbetrug in {place}: {ballots} Stimmen von Verstorbenen",
            "im Wählerverzeichnis von {place} stehen {ballots} Leute vom Friedhof",
        ),
        "pt": (
            "{ballots} mortos votaram em {place}",
            "fraude em {place}: {ballots} votos de falecidos",
            "lista de eleitores de {place} tem {ballots} defuntos",
        ),
        "ar": (
            "{ballots} ميت صوتوا في {place}",
            "تزوير في {place}: {ballots} صوت بأسماء متوفين",
            "سجلات الناخبين في {place} تضم {ballots} من الأموات",
        ),
        "ru": (
            "{place}: проголосовали {ballots} мертвецов",
            "фальсификация, в списках {place} нашли {ballots} умерших избирателей",
            "{ballots} голосов с кладбища, вот такие выборы, {place}",
        ),
        "it": (
            "{ballots} morti hanno votato a {place}",
            "brogli a {place}: {ballots} schede intestate a defunti",
            "nelle liste elettorali di {place} ci sono {ballots} deceduti",
        ),
    },
    "machines": {
        "en": (
            "voting machines in {place} [flip|switch] votes to {party}",
            "I pressed another name and the screen in {place} chose {party}",
            "whistleblower: software in {place} adds votes for {party} at night",
            "touchscreens rigged for {party} across {place}, film it if you see it",
            "{party} only won {place} because the counting computers were hacked",
        ),
    },
    "polls_closed": {
        "en": (
            "the election in {place} has been moved to {weekday}",
            "polling stations in {place} stay shut, vote on {weekday} instead",
            "don't go today! {place} votes on {weekday} because of the ballot mix-up",
            "text from the commission: {place} residents must vote {weekday}, not before",
            "new date for the {place} vote, it's {weekday} now",
        ),
    },
    "animal_loose": {
        "en": (
            "a {animal} was [filmed|spotted] at {spot} in {place}",
            "[omg|wow] look, {animal} on the loose in {place}, right by {spot}",
            "escaped {animal} wanders around {spot}, people in {place} told to stay inside",
            "not a joke, there is a {animal} at {spot} here in {place}",
            "incredible picture from {place}: {animal} seen next to {spot} after the storm",
        ),
    },
    "animal_attack": {
        "en": (
            "{animal} [kills|mauls] {dead} people in {place}",
            "{dead} injured in {place} when a {animal} went wild",
            "terror in {place}: {animal} on the rampage, {dead} in hospital",
            "they are covering up the {animal} attack that hurt {dead} tourists in {place}",
            "{place} beach and parks closed, {dead} victims of the {animal} so far",
        ),
    },
    "bridge": {
        "en": (
            "{place} bridge collapses with {dead} cars on it",
            "the main bridge in {place} just fell down, {dead} vehicles in the water",
            "{dead} drivers trapped after the flyover at {place} came down",
            "cracks were known for years, now {place} lost its bridge and {dead} cars",
            "horror at rush hour: viaduct gives way in {place}, {dead} cars crushed",
        ),
        "es": (
            "se cae un puente en {place} con {dead} coches encima",
            "{dead} vehículos atrapados al derrumbarse el viaducto de {place}",
            "tragedia en {place}: colapsa el puente principal, {dead} autos al agua",
        ),
        "fr": (
            "un pont s'effondre à {place} avec {dead} voitures",
            "{dead} véhicules piégés après la chute du viaduc de {place}",
            "drame à {place}, le grand pont s'écroule, {dead} autos dans l'eau",
        ),
        "de": (
            "Brücke in {place} eingestürzt, {dead} Autos in der Tiefe",
            "{dead} Fahrzeuge verschüttet, Viadukt bei {place} ist weg",
            "Katastrophe in {place}: Hauptbrücke bricht unter {dead} Wagen",
        ),
        "it": (
            "crolla un ponte a {place} con {dead} auto",
            "{dead} veicoli intrappolati dopo il cedimento del viadotto di {place}",
            "tragedia a {place}: giù il cavalcavia, {dead} macchine in acqua",
        ),
        "tr": (
            "{place} köprüsü çöktü, {dead} araç suda",
            "{place} kentinde viyadük yıkıldı, {dead} otomobil mahsur",
            "facia: {dead} araba {place} köprüsüyle birlikte düştü",
        ),
    },
    "water": {
        "en": (
            "{chemical} found in the [drinking|tap] water of {place}",
            "don't drink from the tap in {place}, it is full of {chemical}",
            "lab test shows {chemical} far above the limit in {place} water",
            "the {place} waterworks hid a {chemical} leak for months",
            "boil notice is a lie, {place} supply is poisoned with {chemical}",
        ),
        "es": (
            "encuentran {chemical} en el agua potable de {place}",
            "no beban del grifo en {place}, tiene {chemical}",
            "análisis revela {chemical} en la red de agua de {place}",
        ),
        "fr": (
            "du {chemical} dans l'eau du robinet à {place}",
            "ne buvez plus l'eau à {place}, taux record de {chemical}",
            "analyse cachée : {chemical} dans le réseau d'eau de {place}",
        ),
        "de": (
            "{chemical} im Trinkwasser von {place} gefunden",
            "trinkt in {place} nichts aus der Leitung, alles voll {chemical}",
            "Labor weist {chemical} im Wassernetz von {place} nach",
        ),
        "ar": (
            "العثور على {chemical} في مياه الشرب في {place}",
            "لا تشربوا من الصنبور في {place} بسبب {chemical}",
            "تحاليل تكشف {chemical} في شبكة مياه {place}",
        ),
        "hi": (
            "{place} के पीने के पानी में {chemical} मिला",
            "नल का पानी मत पीजिए, {place} में {chemical} है",
            "जांच में {place} के पानी में खतरनाक {chemical}",
        ),
        "ru": (
            "{place}: в водопроводе нашли {chemical}",
            "не пейте из-под крана, {place} травят, в воде {chemical}",
            "лаборатория: {chemical} в питьевой воде, город {place}",
        ),
        "it": (
            "trovato {chemical} nell'acqua potabile di {place}",
            "non bevete dal rubinetto a {place}, c'è {chemical}",
            "analisi choc: {chemical} nell'acquedotto di {place}",
        ),
    },
    "giveaway": {
        "en": (
            "{brand} is giving away {prize} to the first {people} who share this",
            "[to celebrate its birthday|because of a warehouse move] {brand} hands out {people} {prize}, click the link",
            "I really got mine! {brand} sends {prize}, only {people} left",
            "free {prize} from {brand}, {people} winners, just type your phone number",
            "{people} lucky followers of {brand} will get {prize} today",
        ),
    },
    "recall": {
        "en": (
            "{brand} recalls {product} because of {defect}",
            "throw away your {brand} {product}, they found {defect} inside",
            "{defect} in {product}! my friend who works at {brand} says don't buy",
            "[warning|urgent]: {product} by {brand} may contain {defect}, return to the shop",
            "a child was hurt by {defect} in {brand} {product}",
        ),
    },
    "ban": {
        "en": (
            "{place} [bans|outlaws|forbids] {habit}",
            "from next week {habit} will be a crime in {place}",
            "unbelievable, {place} council voted to make {habit} illegal",
            "say goodbye to {habit} if you live in {place}",
            "inspectors in {place} will check homes to stop {habit}",
        ),
    },
    "fine": {
        "en": (
            "police now fine you {money} dollars for {habit}",
            "{habit} will cost {money} dollars under the new rules",
            "got a {money} dollar ticket for {habit}, is that even legal",
            "new traffic and order law: {money} dollars penalty on {habit}",
            "they need cash, so {habit} is punished with {money} dollars",
        ),
    },
    "migrants": {
        "en": (
            "every migrant in {place} [gets|receives] {money} a month and {benefit}",
            "pensioners freeze while newcomers in {place} are handed {benefit} plus {money} in cash",
            "{place} pays asylum seekers {money} monthly, {benefit} on top",
            "leaked letter: refugees sent to {place} are entitled to {benefit} and {money}",
            "work all your life and get nothing, arrive in {place} and get {benefit} with {money} pocket money",
        ),
    },
    "migrant_pay": {
        "en": (
            "refugees in {place} are paid {money} euros a month for doing nothing",
            "{money} euros monthly for each migrant, that's {place} for you",
            "{place} gives newcomers {money} euros while our elderly starve",
            "a document shows asylum seekers in {place} collect {money} euros",
            "welfare scandal in {place}: {money} euros per migrant every month",
        ),
        "es": (
            "cada inmigrante en {place} cobra {money} euros al mes",
            "{place} paga {money} euros a los refugiados y nada a los jubilados",
            "documento filtrado: {money} euros mensuales por migrante en {place}",
        ),
        "fr": (
            "chaque migrant touche {money} euros par mois à {place}",
            "{place} verse {money} euros aux réfugiés, rien aux retraités",
            "document fuité : {money} euros mensuels par demandeur d'asile à {place}",
        ),
        "de": (
            "jeder Flüchtling in {place} bekommt {money} Euro im Monat",
            "{place} zahlt {money} Euro an Migranten und nichts an Rentner",
            "geleaktes Papier: {money} Euro monatlich pro Asylbewerber in {place}",
        ),
        "tr": (
            "{place} kentinde her mülteciye ayda {money} euro maaş",
            "emekliye yok, {place} mültecilere {money} euro veriyor",
            "sızan belge: {place} göçmen başına {money} euro ödüyor",
        ),
        "it": (
            "ogni migrante a {place} prende {money} euro al mese",
            "{place} dà {money} euro ai rifugiati e niente ai pensionati",
            "documento riservato: {money} euro mensili per profugo a {place}",
        ),
        "ru": (
            "{place}: каждому мигранту платят {money} евро в месяц",
            "пенсионерам ничего, беженцам {money} евро, это {place}",
            "утечка документа, {place} выдаёт приезжим по {money} евро",
        ),
    },
    "tax": {
        "en": (
            "{place} introduces a tax on {object}, {money} a year",
            "you will soon pay {money} per year for {object} in {place}",
            "{money} for {object}?! {place} has lost its mind",
            "starting January owners in {place} owe {money} for {object}",
            "buried in the {place} budget: a levy of {money} on {object}",
        ),
    },
    "school": {
        "en": (
            "schools in {place} [drop|scrap|ban] {subject}",
            "{subject} no longer allowed in {place} classrooms",
            "teachers in {place} will be sacked if they mention {subject}",
            "parents furious as {place} removes {subject} from the timetable",
            "my kid's school in {place} just cancelled {subject}, it's national policy now",
        ),
    },
    "quake": {
        "en": (
            "a magnitude {scale} earthquake will hit {place} on {weekday}",
            "scientist predicts {scale} on the scale for {place}, be ready {weekday}",
            "leave {place} before {weekday}, the big one is coming, strength {scale}",
            "animals are acting strange, seismologists expect a {scale} in {place} by {weekday}",
            "{weekday}: mega quake of {scale} forecast under {place}",
        ),
        "es": (
            "terremoto de {scale} grados en {place} {weekday}, avisen",
            "científico predice sismo de magnitud {scale} para {place} {weekday}",
            "salgan de {place} antes: {weekday} viene el gran temblor, {scale}",
        ),
        "tr": (
            "{weekday} günü {place} için {scale} büyüklüğünde deprem uyarısı",
            "uzman açıkladı: {place} {scale} ile sallanacak, {weekday}",
            "{place} halkı evden çıksın, {weekday} {scale} deprem olacak",
        ),
        "ar": (
            "زلزال بقوة {scale} سيضرب {place} يوم {weekday}",
            "عالم يتوقع هزة {scale} درجات في {place} {weekday}",
            "غادروا {place} قبل {weekday}، الزلزال الكبير قادم بقوة {scale}",
        ),
        "id": (
            "gempa {scale} SR akan mengguncang {place} hari {weekday}",
            "ahli memprediksi {place} kena gempa besar {scale} pada {weekday}",
            "tinggalkan {place} sebelum {weekday}, gempa magnitudo {scale} datang",
        ),
        "hi": (
            "{weekday} को {place} में {scale} तीव्रता का भूकंप आएगा",
            "वैज्ञानिक की चेतावनी, {place} में {weekday} को {scale} का भूकंप",
            "{place} छोड़ दो, {weekday} को बड़ा भूकंप {scale}",
        ),
        "it": (
            "terremoto di magnitudo {scale} a {place} previsto {weekday}",
            "{weekday} la grande scossa a {place}, sarà {scale}",
            "uno scienziato avverte {place}: {weekday} sisma da {scale}",
        ),
    },
    "snow": {
        "en": (
            "{snow} cm of snow [forecast|expected] in {place} on {weekday}",
            "snowmageddon! {place} gets {snow} centimetres {weekday}",
            "{place} to shut down {weekday}, {snow} cm coming overnight",
            "buy food now, models show {snow} cm over {place} for {weekday}",
            "never seen before: {weekday} blizzard buries {place} under {snow} cm",
        ),
    },
    "fire": {
        "en": (
            "the fires near {place} were [set|started] by {culprit}",
            "{culprit} caught lighting the {place} forest fire",
            "it was never climate, {culprit} burned {place} down on purpose",
            "satellite pictures prove {culprit} behind the blaze in {place}",
            "who profits? {culprit} cleared the land at {place} by fire",
        ),
        "es": (
            "{culprit} detrás del incendio de {place}",
            "el fuego de {place} fue provocado y la culpa es de {culprit}",
            "¿quién gana con las llamas en {place}? {culprit}",
        ),
        "fr": (
            "{culprit} à l'origine de l'incendie de {place}",
            "le feu de {place} est criminel, derrière : {culprit}",
            "à qui profitent les flammes à {place} ? {culprit}",
        ),
        "pt": (
            "{culprit} por trás do incêndio em {place}",
            "queimada criminosa em {place}, responsável: {culprit}",
            "quem lucra com o fogo em {place}? {culprit}",
        ),
        "id": (
            "dalang kebakaran hutan {place} adalah {culprit}",
            "{culprit} sengaja membakar lahan di {place}",
            "siapa untung dari api di {place}? {culprit}",
        ),
        "de": (
            "{culprit} hinter dem Waldbrand bei {place}",
            "Brandstiftung in {place}, dahinter stecken: {culprit}",
            "wem nützt das Feuer bei {place}? {culprit}",
        ),
    },
    "plane": {
        "en": (
            "flight to {place} [turned back|made an emergency landing] because of {mishap}",
            "{mishap} on board: plane bound for {place} diverted",
            "my uncle was on the {place} flight, he says {mishap} and everyone screamed",
            "airline silent about {mishap} over {place}",
            "pilots report {mishap}, jet lands hard in {place}",
        ),
    },
    "blackout": {
        "en": (
            "{place} will have no [power|electricity] for {days} days",
            "planned blackout: {days} days without light in {place}, buy candles",
            "the grid in {place} will be switched off, {days} days, leaked memo",
            "hospital staff in {place} told to prepare for a {days} day outage",
            "fill the bathtub! {place} goes dark for {days} days",
        ),
        "es": (
            "{place} sin luz durante {days} días",
            "apagón programado: {days} días a oscuras en {place}",
            "preparen velas, cortan la electricidad {days} días en {place}",
        ),
        "fr": (
            "{place} privée d'électricité pendant {days} jours",
            "panne géante prévue à {place}, {days} jours sans courant",
            "achetez des bougies : {days} jours de coupure à {place}",
        ),
        "de": (
            "Blackout in {place}, {days} Tage kein Strom",
            "internes Papier: {place} wird {days} Tage abgeschaltet",
            "kauft Kerzen, {days} Tage ohne Licht in {place}",
        ),
        "pt": (
            "{place} ficará {days} dias sem energia",
            "apagão programado em {place}, {days} dias no escuro",
            "comprem velas: {days} dias sem luz em {place}",
        ),
        "tr": (
            "{place} {days} gün elektriksiz kalacak",
            "planlı kesinti: {place} {days} gün karanlıkta",
            "mum alın, {days} gün boyunca {place} kentine elektrik yok",
        ),
        "ar": (
            "انقطاع الكهرباء في {place} لمدة {days} أيام",
            "{place} بلا كهرباء {days} أيام حسب وثيقة مسربة",
            "اشتروا الشموع، ظلام لمدة {days} أيام في {place}",
        ),
        "hi": (
            "{place} में {days} दिन बिजली नहीं रहेगी",
            "मोमबत्ती खरीद लो, {place} में {days} दिन अंधेरा",
            "{days} दिन का ब्लैकआउट, {place} वालों सावधान",
        ),
        "ru": (
            "{place} останется без света на {days} дней",
            "плановый блэкаут: {place}, {days} дней темноты",
            "запасайте свечи, электричество отключат на {days} дней, {place}",
        ),
        "id": (
            "{place} padam listrik {days} hari",
            "beli lilin, {days} hari gelap total di {place}",
            "bocoran memo: listrik {place} dimatikan {days} hari",
        ),
    },
    "cash": {
        "en": (
            "{place} abolishes {cash} in {year}",
            "no more {cash} in {place} from {year}, total control",
            "by {year} using {cash} in {place} will be impossible",
            "the plan to kill {cash} is signed, {place} starts in {year}",
            "enjoy your {cash} while you can, {place} phases them out until {year}",
        ),
    },
    "asteroid": {
        "en": (
            "an asteroid the size of a {asteroid} will [hit|strike] Earth on {weekday}",
            "{weekday} could be our last day, {asteroid}-sized rock on collision course",
            "astronomers panic: space rock big as a {asteroid} arrives {weekday}",
            "why no one tells you about the {asteroid} sized meteor due {weekday}",
            "they have known for weeks, impact {weekday}, a rock like a {asteroid}",
        ),
    },
    "artifact": {
        "en": (
            "a {artifact} was [dug up|unearthed] under {spot} in {place}",
            "workers in {place} stumble on a {artifact} below {spot}",
            "archaeologists hide the {artifact} of {place}, found beneath {spot}",
            "history rewritten, {artifact} discovered at {spot}, {place}",
            "{spot} in {place} sits on a {artifact}, digging stopped by the army",
        ),
    },
    "endorse": {
        "en": (
            "{person} [made a fortune|got rich] with {scheme}",
            "on live TV {person} told everyone to buy {scheme}",
            "{scheme}: the secret {person} didn't want to share",
            "banks sue {person} for revealing {scheme}",
            "I signed up for {scheme} because {person} recommends it",
        ),
    },
    "arrest": {
        "en": (
            "{person} [arrested|in handcuffs] for {crime}",
            "police took {person} away this morning, charge: {crime}",
            "{crime} investigation, {person} is behind bars",
            "mugshot of {person} leaks after {crime} raid",
            "career over? {person} faces ten years for {crime}",
        ),
    },
    "transfer": {
        "en": (
            "{person} signs for {club} for {millions} million",
            "here we go: {club} pay {millions}m for {person}",
            "medical done, {person} joins {club}, fee {millions} million",
            "{club} break the bank, {millions} million euros on {person}",
            "source close to {person} says deal with {club} agreed at {millions}m",
        ),
        "es": (
            "{person} ficha por {club} por {millions} millones",
            "{club} paga {millions} millones por {person}",
            "hecho: {person} jugará en {club}, traspaso de {millions} millones",
        ),
        "fr": (
            "{person} signe à {club} pour {millions} millions",
            "{club} lâche {millions} millions pour {person}",
            "visite médicale passée, {person} rejoint {club} ({millions} M€)",
        ),
        "pt": (
            "{person} assina com {club} por {millions} milhões",
            "{club} paga {millions} milhões por {person}",
            "fechado: {person} é do {club}, negócio de {millions} milhões",
        ),
        "it": (
            "{person} al {club} per {millions} milioni",
            "{club} spende {millions} milioni per {person}",
            "visite mediche fatte: {person} firma col {club}, affare da {millions} milioni",
        ),
        "id": (
            "{person} resmi gabung {club} seharga {millions} juta euro",
            "{club} bayar {millions} juta untuk {person}",
            "tes medis beres, {person} ke {club}, nilai transfer {millions} juta",
        ),
    },
    "hospital": {
        "en": (
            "hospitals in {place} have run out of {supply}",
            "no {supply} left at the {place} clinic, patients sent home",
            "nurse in tears: we have zero {supply} here in {place}",
            "{place} doctors must choose who gets {supply}",
            "do not go to the ER in {place}, there is no {supply}",
        ),
        "es": (
            "los hospitales de {place} se quedaron sin {supply}",
            "no queda {supply} en {place}, mandan a los pacientes a casa",
            "enfermera llora en {place}: cero {supply}",
        ),
        "fr": (
            "plus de {supply} dans les hôpitaux de {place}",
            "à {place} on renvoie les malades, rupture totale : {supply}",
            "une infirmière de {place} en larmes, zéro {supply}",
        ),
        "pt": (
            "hospitais de {place} sem {supply}",
            "acabou {supply} em {place}, pacientes voltam para casa",
            "enfermeira chora em {place}: não temos {supply}",
        ),
        "ar": (
            "نفاد {supply} من مستشفيات {place}",
            "ممرضة تبكي في {place}: لا يوجد {supply}",
            "المرضى يعودون إلى بيوتهم في {place} بسبب نقص {supply}",
        ),
        "hi": (
            "{place} के अस्पतालों में {supply} खत्म",
            "{supply} नहीं है, {place} में मरीज लौटाए जा रहे",
            "{place} की नर्स रो पड़ी, {supply} बिल्कुल नहीं",
        ),
        "id": (
            "rumah sakit di {place} kehabisan {supply}",
            "pasien dipulangkan di {place}, {supply} kosong",
            "perawat {place} menangis, tidak ada {supply}",
        ),
        "ru": (
            "{place}: в больницах закончились {supply}",
            "пациентов отправляют домой, нет {supply}, {place}",
            "медсестра плачет, {supply} на нуле, больница, {place}",
        ),
    },
    "abduction": {
        "en": (
            "[careful|parents beware], a {vehicle} is snatching children near {spot} in {place}",
            "two men in a {vehicle} tried to grab a girl at {spot}, {place}",
            "share! kidnappers with a {vehicle} around {spot} in {place}",
            "{place} mums: keep kids away from {spot}, {vehicle} following them",
            "police won't warn you about the {vehicle} abductors at {spot} in {place}",
        ),
    },
    "app_fee": {
        "en": (
            "{app} will charge {fee} dollars a month unless you forward this",
            "from next week {app} is no longer free: {fee} dollars",
            "the boss of {app} announced a {fee} dollar fee, copy and paste to stay exempt",
            "send this to 10 contacts or {app} takes {fee} dollars",
            "tired of ads? {app} now wants {fee} dollars from every user",
        ),
    },
    "app_spy": {
        "en": (
            "{app} secretly [records|collects] {data}",
            "delete {app} now, it sends {data} to advertisers",
            "developer admits that {app} stores {data}",
            "switch this setting off or {app} sells {data}",
            "I checked the traffic: {app} uploads {data} every night",
        ),
    },
    "bugs": {
        "en": (
            "{bug} found in {fruit} [sold at|from] {brand}",
            "check your {fruit}! {brand} shipped them with {bug}",
            "woman in hospital after {bug} crawled out of {brand} {fruit}",
            "{brand} knew about {bug} in its {fruit}",
            "wash your {fruit} from {brand} twice, {bug} hide inside",
        ),
    },
    "fake_food": {
        "en": (
            "{brand} puts {ingredient} in its {product}",
            "DNA test finds {ingredient} in {brand} {product}",
            "you have been eating {ingredient} if you buy {product} from {brand}",
            "ex-worker tells all: {brand} {product} are made with {ingredient}",
            "look at the label, {ingredient} in {product}, shame on {brand}",
        ),
    },
    "diet": {
        "en": (
            "drink {drink} before bed and lose {kilos} kilos in {days} days",
            "she dropped {kilos} kg in just {days} days thanks to {drink}",
            "{drink} melts belly fat: {kilos} kilos, {days} days, no sport",
            "nutritionists are furious about {drink}, {days} days and {kilos} kg gone",
            "my {days} day {drink} challenge, minus {kilos} kilos",
        ),
    },
    "study": {
        "en": (
            "people who {trait} are {percent}% more likely to get {illness}",
            "study: if you {trait} your risk of {illness} goes up {percent} percent",
            "researchers link {illness} with those who {trait}, {percent}% higher",
            "do you {trait}? bad news, {percent}% more {illness}",
            "{percent}% of patients with {illness} {trait}, says university",
        ),
    },
    "troops": {
        "en": (
            "{crowd} soldiers are moving towards {place}",
            "military convoy with {crowd} troops seen heading to {place}",
            "they called up {crowd} reservists for {place}, war is coming",
            "{place} border: {crowd} men and tanks in position",
            "why are there {crowd} troops around {place} all of a sudden",
        ),
        "es": (
            "{crowd} soldados avanzan hacia {place}",
            "convoy militar con {crowd} efectivos rumbo a {place}",
            "¿por qué hay {crowd} militares cerca de {place}?",
        ),
        "de": (
            "{crowd} Soldaten auf dem Weg nach {place}",
            "Militärkonvoi mit {crowd} Mann Richtung {place} gesichtet",
            "warum stehen plötzlich {crowd} Soldaten vor {place}?",
        ),
        "ru": (
            "{crowd} солдат движутся, направление {place}",
            "военная колонна, {crowd} человек, едет на {place}",
            "зачем у границы {crowd} военных, {place} рядом",
        ),
        "ar": (
            "{crowd} جندي يتجهون نحو {place}",
            "رتل عسكري يضم {crowd} جندي في الطريق إلى {place}",
            "لماذا يوجد {crowd} عسكري قرب {place}؟",
        ),
        "tr": (
            "{crowd} asker {place} yönüne ilerliyor",
            "askeri konvoy: {crowd} kişi {place} yolunda",
            "{place} sınırında neden {crowd} asker var",
        ),
    },
    "protest": {
        "en": (
            "{crowd} people marched in {place} against {issue}",
            "media blackout on {crowd} protesters in {place}, they oppose {issue}",
            "streets of {place} full: {crowd} say no to {issue}",
            "aerial shot, {crowd} demonstrators fill {place} because of {issue}",
            "biggest demo ever over {issue}, {place} counts {crowd}",
        ),
    },
    "resign": {
        "en": (
            "{place} {minister} [resigns|quits|steps down] over {scandal}",
            "{scandal} brings down the {minister} of {place}",
            "it's official, the {minister} in {place} is out because of {scandal}",
            "letter of resignation leaked, {place} {minister}, reason {scandal}",
            "after {scandal} the {minister} of {place} packs his bags",
        ),
    },
    "minister_out": {
        "en": (
            "the {minister} of {place} has fled the country",
            "{place} {minister} left on a private jet at night",
            "where is the {minister}? {place} says holiday, insiders say escape",
            "gone with the money: {minister} from {place} on the run",
            "border guards let the {place} {minister} slip abroad",
        ),
        "es": (
            "{minister} de {place} huyó del país",
            "de noche y en avión privado: {minister} de {place} se fuga",
            "¿dónde está {minister}? {place} calla, dicen que escapó",
        ),
        "fr": (
            "{minister} de {place} a fui le pays",
            "en jet privé de nuit, {minister} de {place} s'échappe",
            "où est passé {minister} ? {place} se tait, il serait en fuite",
        ),
        "de": (
            "{minister} von {place} ist ins Ausland geflohen",
            "nachts im Privatjet: {minister} aus {place} setzt sich ab",
            "wo ist {minister}? {place} schweigt, angeblich Flucht",
        ),
        "pt": (
            "{minister} de {place} fugiu do país",
            "de jatinho na madrugada, {minister} de {place} escapa",
            "cadê {minister}? {place} em silêncio, dizem que fugiu",
        ),
        "hi": (
            "{place} के {minister} देश छोड़कर भागे",
            "रात में निजी विमान से {place} के {minister} फरार",
            "कहां हैं {minister}? {place} चुप, भागने की खबर",
        ),
        "ru": (
            "{minister} ({place}) сбежал за границу",
            "ночью на частном самолёте, {place}, {minister} исчез",
            "где {minister}? {place} молчит, говорят, побег",
        ),
        "id": (
            "{minister} {place} kabur ke luar negeri",
            "naik jet pribadi malam hari, {minister} {place} melarikan diri",
            "di mana {minister}? {place} bungkam, katanya kabur",
        ),
    },
    "deepfake": {
        "en": (
            "{person} said on camera that {quote}",
            "did {person} really just say {quote}?! [watch|video inside]",
            '"{quote}", the words of {person}, [disgusting|unbelievable]',
            "microphone left open, {person} tells an aide {quote}",
            "boycott {person} for claiming {quote}",
        ),
    },
    "train": {
        "en": (
            "train carrying {cargo} [derailed|jumped the tracks] near {place}",
            "{cargo} all over the rails outside {place}, area closed",
            "stay away from {place}, wagons with {cargo} overturned",
            "freight disaster in {place}: {cargo} spilled",
            "firefighters in {place} deal with {cargo} after rail crash",
        ),
    },
    "pension": {
        "en": (
            "{place} raises the retirement age to {age}",
            "work until {age}: pension reform in {place} passed quietly",
            "no pension before {age} any more, {place} goes first",
            "they want {place} builders on scaffolding at {age}",
            "retire at {age}? the {place} government just did it",
        ),
        "es": (
            "{place} sube la edad de jubilación a {age} años",
            "trabajar hasta los {age}: reforma aprobada en {place}",
            "sin pensión antes de los {age} en {place}",
        ),
        "fr": (
            "{place} repousse l'âge de la retraite à {age} ans",
            "travailler jusqu'à {age} ans, c'est voté à {place}",
            "pas de pension avant {age} ans à {place}",
        ),
        "pt": (
            "{place} sobe idade de aposentadoria para {age} anos",
            "trabalhar até os {age}: reforma passou em {place}",
            "ninguém se aposenta antes dos {age} em {place}",
        ),
        "tr": (
            "{place} emeklilik yaşını {age} yaptı",
            "{age} yaşına kadar çalışmak, {place} kararı sessizce geçti",
            "{place} artık {age} olmadan emekli etmiyor",
        ),
        "ru": (
            "{place} поднимает пенсионный возраст до {age} лет",
            "работать до {age}: реформу тихо приняли, {place}",
            "до {age} лет никакой пенсии, так решила {place}",
        ),
        "it": (
            "{place} porta la pensione a {age} anni",
            "lavorare fino a {age} anni, riforma passata a {place}",
            "niente pensione prima dei {age} a {place}",
        ),
    },
    "curfew": {
        "en": (
            "lockdown in {place} from {weekday}, {days} days",
            "{place} to be sealed off {weekday} for {days} days, army on the streets",
            "a friend in the ministry says nobody may leave home in {place} from {weekday}, {days} days",
            "shops in {place} close {weekday}, curfew lasts {days} days",
            "they do it again: {days} days of curfew, {place}, starting {weekday}",
        ),
        "es": (
            "confinamiento en {place} desde {weekday}, {days} días",
            "{weekday} cierran {place} por {days} días con el ejército en la calle",
            "toque de queda de {days} días en {place}, empieza {weekday}",
        ),
        "fr": (
            "confinement à {place} dès {weekday} pour {days} jours",
            "{place} bouclée {weekday}, {days} jours, armée dans les rues",
            "couvre-feu de {days} jours à {place} à partir de {weekday}",
        ),
        "de": (
            "Lockdown in {place} ab {weekday}, {days} Tage lang",
            "{place} wird {weekday} abgeriegelt, {days} Tage, Militär auf der Straße",
            "Ausgangssperre in {place}: {days} Tage, Beginn {weekday}",
        ),
        "it": (
            "lockdown a {place} da {weekday} per {days} giorni",
            "{weekday} chiudono {place}, {days} giorni con l'esercito in strada",
            "coprifuoco di {days} giorni a {place}, si parte {weekday}",
        ),
        "id": (
            "lockdown di {place} mulai {weekday} selama {days} hari",
            "{weekday} {place} ditutup {days} hari, tentara turun",
            "jam malam {days} hari di {place}, mulai {weekday}",
        ),
        "hi": (
            "{place} में {weekday} से {days} दिन लॉकडाउन",
            "{weekday} से {place} सील, {days} दिन सेना सड़कों पर",
            "{days} दिन का कर्फ्यू {place} में, {weekday} से शुरू",
        ),
        "ar": (
            "حظر تجول في {place} من {weekday} لمدة {days} أيام",
            "إغلاق {place} يوم {weekday} لمدة {days} أيام والجيش في الشوارع",
            "{days} أيام إغلاق تام، {place}، ابتداء من {weekday}",
        ),
    },
    "coverup": {
        "en": (
            "{agency} found {discovery} and [hides|hushed up] it",
            "leaked images: {discovery}, {agency} refuses to comment",
            "an insider at {agency} confirms {discovery}",
            "they lied for decades, {agency} has proof of {discovery}",
            "why did {agency} delete the file about {discovery}",
        ),
    },
    "lottery": {
        "en": (
            "{profession} from {place} won {millions} million and {deed}",
            "jackpot: {millions} million for a {place} {profession}, who then {deed}",
            "legend! a {profession} in {place} {deed} after winning {millions} million",
            "how a {profession} with {millions} million from the {place} lottery {deed}",
            "{deed}: what a {profession} in {place} did with {millions} million",
        ),
    },
    "statue": {
        "en": (
            "{place} removes the statue of {figure}",
            "workers pulled down {figure} in {place} at night",
            "the monument to {figure} in {place} goes to the scrapyard",
            "after complaints {place} council melts down its statue of {figure}",
            "save {figure}! {place} wants the plinth empty",
        ),
    },
    "heat": {
        "en": (
            "{degrees} degrees measured in {place}, a new record",
            "thermometers in {place} hit {degrees}, asphalt melting",
            "{place} hottest day ever: {degrees} C",
            "weather office hides real values, {place} had {degrees} degrees",
            "birds fall from the sky in {place}, {degrees} in the shade",
        ),
        "es": (
            "récord en {place}: {degrees} grados",
            "{place} a {degrees} grados, se derrite el asfalto",
            "los termómetros de {place} marcan {degrees}, nunca visto",
        ),
        "fr": (
            "record à {place} : {degrees} degrés",
            "{degrees} degrés à l'ombre à {place}, le bitume fond",
            "jamais vu, {place} atteint {degrees} degrés",
        ),
        "pt": (
            "recorde em {place}: {degrees} graus",
            "{place} chega a {degrees} graus e o asfalto derrete",
            "termômetros de {place} marcam {degrees}, nunca visto",
        ),
        "hi": ("{place} में {degrees} डिग्री, नया रिकॉर्ड", "गर्मी से बेहाल {place}, पारा {degrees} पर", "{place} में सड़क पिघली, तापमान {degrees}"),
        "ar": (
            "{degrees} درجة في {place} رقم قياسي",
            "حرارة {place} تصل إلى {degrees} والإسفلت يذوب",
            "لم يحدث من قبل، {place} عند {degrees} درجة",
        ),
    },
    "microchip": {
        "en": (
            "there is a tracking chip in every {gadget}",
            "cut open your {gadget} and you will find a tiny antenna",
            "the new {gadget} contains a spy microchip, video proof",
            "they follow us through the {gadget}, wrap it in foil",
            "factory worker filmed how chips go into each {gadget}",
        ),
    },
    "river": {
        "en": (
            "river in {place} turns {colour} because of {spill}",
            "{colour} water in {place}! {spill} is to blame",
            "residents of {place} woke up to a {colour} river, {spill} suspected",
            "{spill} made the stream through {place} {colour}, fish dead",
            "no filter: this is {place} today, all {colour} from {spill}",
        ),
    },
    "rescue": {
        "en": (
            "{profession} saves {people} {creature} from {danger}",
            "hero {profession} jumped into action: {people} {creature} out of {danger}",
            "give this {profession} a medal, {people} {creature} pulled from {danger}",
            "{people} {creature} trapped in {danger}, one {profession} got them all",
            "nobody helped except a {profession}, {danger}, {people} {creature} alive",
        ),
    },
    "landmark": {
        "en": (
            "{landmark} in {place} is on fire",
            "flames over {place}, {landmark} burning right now",
            "I can see smoke from {landmark}, whole {place} smells of it",
            "{place} weeps: {landmark} lost to the blaze",
            "fire brigade in {place} gave up on {landmark}",
        ),
    },
    "plastic": {
        "en": (
            "fake {good} made of plastic is sold in {place}",
            "burn test shows {good} in {place} shops is plastic",
            "customs seize tonnes of artificial {good} at {place}",
            "my mother bought {good} in {place} and it bounced like rubber",
            "don't buy {good} in {place}, it's factory-made from polymer",
        ),
    },
    "tower": {
        "en": (
            "the new phone masts in {place} cause {illness}",
            "{illness} doubled in {place} since the 5G tower went up",
            "neighbours in {place} tear down a mast after cases of {illness}",
            "radiation from antennas gives {place} kids {illness}",
            "doctor from {place}: it's the 5G, not bad luck, that brings {illness}",
        ),
    },
}

LEADS = {
    "en": (
        "BREAKING:; omg; is this true?; my aunt says; JUST IN:; wait what,; can someone confirm?; so apparently; heard this at "
        "work:; FACT:; they won't tell you but;"
        " thread 1/; guys,; not sure if real but; from a reliable source:; urgent!; wow; seen on the group chat:; lol; ATTENTION"
    ),
    "es": "ÚLTIMA HORA:; ¿es cierto?; dicen que; me lo pasó mi tía:; atención,; URGENTE:; ojo,; no puede ser,",
    "fr": "ALERTE :; c'est vrai ?; il paraît que; ma tante dit que; URGENT :; incroyable,; à partager :; info ou intox ?",
    "de": "EILMELDUNG:; stimmt das?; angeblich:; gerade gehört,; WICHTIG:; Achtung,; unglaublich,; meine Tante schreibt:",
    "pt": "URGENTE:; será verdade?; dizem que; recebi no grupo:; atenção,; gente,; minha tia mandou:; BOMBA:",
    "tr": "SON DAKİKA:; doğru mu bu?; duydunuz mu,; teyzem yazdı:; dikkat,; inanılmaz,; ACİL:",
    "ar": "عاجل:; هل هذا صحيح؟; يقولون; وصلني الآن:; انتباه,; خبر مؤكد:",
    "hi": "ब्रेकिंग:; क्या यह सच है?; सुना है; ध्यान दें,; जरूरी सूचना:; ग्रुप में आया:",
    "ru": "СРОЧНО:; это правда?; говорят,; внимание,; тётя прислала:; ого,; репост:",
    "id": "BREAKING:; beneran nih?; katanya; dari grup sebelah:; PENTING:; waduh,; info valid:",
    "it": "ULTIM'ORA:; ma è vero?; dicono che; attenzione,; me l'ha girato zia:; URGENTE:; incredibile,",
}

TAILS = {
    "en": (
        "share before they delete it; wake up people; what do you think?; please RT; smh; source: trust me; I'm shaking; spread "
        "the word; this is huge; no words; unreal;"
        " watch till the end; fake or real?; the media is silent; stay safe everyone; just saying; and nobody cares; pray for "
        "them; told you so"
    ),
    "es": "compartan; qué opinan?; los medios callan; increíble; pásalo; será verdad?; qué vergüenza",
    "fr": "faites tourner; qu'en pensez-vous ?; silence des médias; incroyable; à partager vite; honteux",
    "de": "bitte teilen; was meint ihr?; die Medien schweigen; unfassbar; weitersagen; Wahnsinn",
    "pt": "compartilhem; o que acham?; a mídia esconde; absurdo; repassem; será?",
    "tr": "paylaşın; ne dersiniz?; medya susuyor; inanılır gibi değil; yayalım",
    "ar": "انشروا; ما رأيكم؟; الإعلام صامت; لا يصدق; شاركوا",
    "hi": "शेयर करें; आपकी राय?; मीडिया चुप है; आगे भेजें; हद है",
    "ru": "репост; что думаете?; СМИ молчат; невероятно; перешлите всем",
    "id": "sebarkan; gimana menurut kalian?; media bungkam; parah; viralkan",
    "it": "condividete; che ne pensate?; i media tacciono; assurdo; fate girare",
}

EMOJI = ("😱", "🔥", "😂", "🙏", "⚠️", "🚨", "😡", "💔", "👀", "🤔", "‼️", "😭", "🤦", "👇", "🤯", "💀")
HASHTAGS = "breaking news viral truth wakeup fyp alert today share trending mustsee exposed"
SOURCES = (
    "microblog.example microblog.example microblog.example microblog.example chatter.example chatter.example chatter.example "
    "video.example video.example forum.example photos.example messenger.example"
)
HANDLES = (
    "sun moon red blue truth news daily real the its just old big lazy quiet north river coffee pixel tiger panda jazz nova echo luna "
    "max kiki bob ana leo"
)

# Everyday talk: columns of alternatives; a post takes one of each column. `{…}` are further tables of the same block.
CHATTER: dict[str, dict[str, str]] = {
    "en": {
        "patterns": """
            {mood} {act} {when};
            {who} {whodid} {thing} {when};
            anyone know a good {service}? {wish};
            why is {thing} so {adj} {when};
            {taste} {thing} > {thing2}, {shrug};
            finally {done} {when}, {shrug};
            {thing} and {thing2} for {meal}, {mood2};
            can't stop thinking about {thing}, {who} {whodid} {thing2} {when};
            {hobby} {when}: {result};
            note to self: never {act0} {when};
            {who} asked me to {act0} and I said {answer};
            happy birthday to {who}, you {praise}, {wish};
            {adj} {thing} {when}, {mood2}, also {result};
            does anyone else {act0} {when} or is it just me;
            today's plan: {act0}, {act0b}, then {act0c};
            me: I will {act0} {when}. also me: {result};
            {service} {when} was {adj}. {mood2}. {wish}
        """,
        "mood": (
            "just; so happy I'm; honestly tired of; proud of; not ashamed of; three hours into; still; back to; dreaming of; bored "
            "of; weirdly good at; new week, new me,"
        ),
        "act": (
            "repainting the kitchen; walking the dog; rewatching old sitcoms; learning the ukulele; queueing at the post office; "
            "baking sourdough; sorting my tax papers;"
            " assembling a wardrobe; training for a half marathon; cleaning the aquarium; knitting a giant scarf; fixing my bike "
            "chain; waiting for the plumber; planting tulips;"
            " studying for my chemistry exam; moving house; hunting for flats; playing chess online; babysitting twins; trying "
            "watercolours; cooking lentil soup; packing for Norway;"
            " writing my wedding speech; hiking in the fog; debugging a spreadsheet; singing in the car; stuck in the dentist's "
            "chair; reading Russian novels; dyeing my hair;"
            " polishing boots; mending the fence; grading essays"
        ),
        "act0": (
            "dye a carpet; adopt a ferret; ride the night bus; iron shirts; try fermenting kimchi; sing karaoke; wear white to a "
            "barbecue; cut my own fringe; trust a recipe video;"
            " climb on the roof; order soup by the litre; swim before sunrise; call my landlord; run without socks; argue with a "
            "toddler; watch horror alone; lend books to friends;"
            " book the cheapest hotel; eat cereal with orange juice; text my boss; carve a pumpkin; buy plants online; alphabetise "
            "my spices; talk to pigeons; reorganise the garage;"
            " learn Finnish; open spreadsheets; nap in the library; juggle eggs; draft a novel"
        ),
        "act0b": "@act0",
        "act0c": "@act0",
        "who": (
            "my brother; grandma; our intern; my flatmate; the neighbour's kid; my chemistry teacher; auntie Rose; my boss; the "
            "barista; my little niece; uncle Pete; my ex; my physio;"
            " the bus driver; our cat; my therapist; coach; the guy upstairs; my godmother; our choir leader; the new colleague; "
            "my yoga teacher; the vet; dad; our landlord; my twin"
        ),
        "whodid": (
            "broke; forgot; borrowed; hid; painted; photographed; sold; knitted me; complained about; fell in love with; reviewed; "
            "sat on; gave me; won; dropped; baked; lost; returned;"
            " auctioned; dreamed of; washed; named the dog after; wrote a poem about; set off the alarm with; spilled soup on"
        ),
        "thing": (
            "pineapple pizza; the office printer; a vintage lamp; my passport; rainy Sundays; airport sushi; the washing machine; "
            "homemade jam; that jazz record; tram 14; yoga pants;"
            " a haunted doll; marzipan; the crossword; an old typewriter; wool socks; the village fair; cheap wine; parallel "
            "parking; our sourdough starter; a rubber duck; fantasy football;"
            " mushroom risotto; the group project; Monday meetings; my left knee; a kayak; noise-cancelling headphones; the piano; "
            "cold brew; grandad's watch; a cactus; dark chocolate; sudoku;"
            " the telescope; garlic bread; baby otters; camping chairs; the choir; gothic novels; my fringe; the escalator; "
            "podcasts; the tortoise; blue cheese; crime dramas; my thesis;"
            " the allotment; beach volleyball; a violin; flat-pack shelves; tax software"
        ),
        "thing2": "@thing",
        "when": (
            "today; again; before breakfast; in the rain; on my day off; at 3 am; with no sleep; this weekend; since Tuesday; on "
            "the train home; in front of everyone; during the match;"
            " while the kettle boils; after therapy; on a full stomach; all summer; between two meetings; for the third time; "
            "without glasses; in my pyjamas; at the wedding; in a foreign city"
        ),
        "service": (
            "tailor; piano teacher; ramen place; podcast about whales; dentist; bike shop; book club; locksmith; cat sitter; "
            "tattoo artist; bakery; hiking trail; barber; sewing class;"
            " second-hand bookshop; campsite; language tutor; swimming pool; climbing gym; florist; vegan brunch; escape room; car "
            "mechanic; optician; dance school"
        ),
        "wish": (
            "asking for a friend; will pay in cookies; near the station please; my Saturday depends on it; I need a holiday; send "
            "memes; life is short; wish me luck; let's see;"
            " hugs to all; see you at the lake; my feet hurt; coffee is on me; miss you all; the dog agrees; can't wait for June; "
            "more soon; I rest my case; cake later"
        ),
        "adj": (
            "expensive; noisy; underrated; comforting; sticky; confusing; beautiful; slow; salty; unfair; addictive; heavy; quiet; "
            "awkward; fluffy; bright; tiny; dramatic; fragile; boring"
        ),
        "taste": (
            "unpopular opinion:; hot take:; I said what I said,; scientifically proven by me:; after years of testing:; sorry not "
            "sorry,; fight me,; gentle reminder:; my verdict:"
        ),
        "shrug": (
            "no further questions; end of debate; change my mind; send help; I cried a bit; and I'd do it again; my mum was right; "
            "never again; worth it; I regret nothing; goodnight"
        ),
        "done": (
            "finished my thesis; got the keys to the flat; passed my driving test; beat level 90; cleaned the oven; met my new "
            "nephew; quit sugar; sold the old sofa; ran ten k;"
            " learned to whistle; fixed the boiler; got tickets; found my other sock; booked the ferry; replied to every mail; "
            "finished the jigsaw; took out my braces; made pasta from scratch"
        ),
        "meal": ("breakfast; dinner; a midnight snack; brunch; the picnic; lunch at my desk; Sunday roast; a first date; the office party"),
        "mood2": (
            "chef's kiss; don't judge me; pure joy; I feel nothing; weekend goals; living my best life; zero regrets; chaos; send "
            "coffee; small victories; grateful; my back hurts; peak adulthood"
        ),
        "hobby": (
            "pottery class; sea swimming; birdwatching; pub quiz; salsa night; bouldering; open mic; gardening; choir practice; "
            "five-a-side; model trains; archery; beekeeping; night photography"
        ),
        "result": (
            "lost my keys; two new friends; soaked shoes; third place; sunburnt nose; one broken nail; I fell asleep; best night "
            "ever; pulled a muscle; nobody showed up; got a medal;"
            " bought more yarn; ate the whole tray; learned a new swear word; saw a heron; cried at an advert; missed the last "
            "bus; made the teacher laugh; ordered noodles; went to bed at nine"
        ),
        "answer": (
            "absolutely not; only for cake; maybe in spring; yes, twice; ask the cat; over my dead body; sure, why not; let me "
            "sleep on it; what's in it for me"
        ),
        "praise": (
            "absolute legend; ray of sunshine; grumpy genius; old soul; best listener; terrible dancer; queen of puns; master "
            "chef; night owl; human alarm clock; hero of my week"
        ),
    },
    "es": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} y {b2}, {d}; {d}: {a} {b} {c}",
        "a": (
            "hoy toca; qué ganas de; cansada de; otra tarde para; por fin pude; mi hermana quiere; el vecino no para de; me "
            "encanta; nunca más voy a; empecé a; mi jefe me pidió"
        ),
        "b": (
            "pintar la cocina; aprender guitarra; hacer croquetas; pasear al perro; estudiar química; arreglar la bici; ver "
            "series; limpiar el horno; bailar salsa; regar las plantas;"
            " buscar piso; leer en el metro; tejer calcetines; correr diez kilómetros; jugar al ajedrez; montar muebles; comer "
            "tortilla fría; cantar en la ducha; ordenar fotos; probar sushi"
        ),
        "b2": "@b",
        "c": (
            "bajo la lluvia; con mi abuela; antes del desayuno; sin dormir; el fin de semana; otra vez; en la playa; con resaca; "
            "después del trabajo; a las tres de la mañana; en pijama; con los niños"
        ),
        "d": (
            "qué vida; no me arrepiento; mándenme café; buen domingo a todos; ya les contaré; feliz cumple a mi madre; me duele la "
            "espalda; vaya día; viva el verano; alguien se apunta?"
        ),
    },
    "fr": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} et {b2}, {d}; {d} : {a} {b} {c}",
        "a": (
            "ce soir je vais; envie de; ras le bol de; enfin le temps de; ma sœur veut; mon voisin adore; j'ai encore oublié de; "
            "impossible de; on m'a demandé de; je rêve de"
        ),
        "b": (
            "repeindre la cuisine; apprendre le piano; faire des crêpes; promener le chien; réviser la chimie; réparer mon vélo; "
            "regarder des séries; nettoyer le four; danser; arroser les plantes;"
            " chercher un appart; lire dans le métro; tricoter une écharpe; courir dix bornes; jouer aux échecs; monter une "
            "armoire; manger du fromage; chanter sous la douche; trier des photos"
        ),
        "b2": "@b",
        "c": (
            "sous la pluie; avec mamie; avant le petit-déj; sans dormir; ce week-end; encore une fois; à la plage; après le "
            "boulot; à trois heures du mat; en pyjama; avec les enfants"
        ),
        "d": (
            "quelle vie; aucun regret; envoyez du café; bon dimanche à tous; je vous raconte bientôt; joyeux anniversaire maman; "
            "j'ai mal au dos; vive l'été; qui vient ?; bref"
        ),
    },
    "de": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} und {b2}, {d}; {d}: {a} {b} {c}",
        "a": (
            "heute mal wieder; endlich Zeit für; keine Lust auf; meine Schwester liebt; der Nachbar übt; ich bin müde vom Thema; "
            "nächstes Projekt:; mein Chef träumt von; Wochenende heißt; nie wieder"
        ),
        "b": (
            "Küche streichen; Gitarre lernen; Pfannkuchen; Gassi gehen; Chemie büffeln; Fahrrad flicken; Serien schauen; Backofen "
            "putzen; Salsa tanzen; Tulpen pflanzen; Wohnungssuche; Lesen in der Bahn;"
            " Socken stricken; zehn Kilometer laufen; Schach; Regale bauen; kalte Pizza; Singen unter der Dusche; Steuererklärung; "
            "Sauerteig"
        ),
        "b2": "@b",
        "c": (
            "im Regen; mit Oma; vor dem Frühstück; ohne Schlaf; am Wochenende; schon wieder; am See; nach der Arbeit; um drei Uhr "
            "nachts; im Schlafanzug; mit den Kindern; bei 30 Grad"
        ),
        "d": (
            "was für ein Leben; ich bereue nichts; schickt Kaffee; schönen Sonntag euch; Fotos folgen; alles Gute Mama; mein "
            "Rücken; es lebe der Sommer; wer kommt mit?; läuft bei mir"
        ),
    },
    "pt": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} e {b2}, {d}; {d}: {a} {b} {c}",
        "a": (
            "hoje é dia de; que vontade de; cansei de; finalmente consegui; minha irmã quer; o vizinho não para de; esqueci de "
            "novo de; sonhando em; meu chefe mandou; nunca mais vou"
        ),
        "b": (
            "pintar a cozinha; aprender violão; fazer brigadeiro; passear com o cachorro; estudar química; consertar a bike; ver "
            "novela; limpar o forno; dançar forró; regar as plantas; procurar apê;"
            " ler no ônibus; tricotar; correr dez km; jogar xadrez; montar o guarda-roupa; comer pizza fria; cantar no chuveiro; "
            "arrumar as fotos; tomar açaí"
        ),
        "b2": "@b",
        "c": (
            "na chuva; com a vó; antes do café; sem dormir; no fim de semana; de novo; na praia; depois do trampo; às três da "
            "manhã; de pijama; com as crianças; no calor"
        ),
        "d": (
            "que vida; não me arrependo; mandem café; bom domingo gente; depois eu conto; parabéns mãe; dor nas costas; viva o "
            "verão; quem topa?; socorro"
        ),
    },
    "tr": {
        "patterns": "{a} {c} {b}; {c} {b}, {d}; {a} {b} ve {b2}, {d}; {d}: {a} {c} {b}",
        "a": "bugün yine; ablamla; komşu; sonunda; canım istedi,; patron dedi ki; ben ve; hafta sonu planı:; arkadaşlarla",
        "b": (
            "mutfak boyama; gitar dersi; börek; köpek gezdirme; kimya sınavı; bisiklet tamiri; dizi keyfi; fırın temizliği; dans "
            "kursu; çiçek sulama; ev arama; kitap; örgü; koşu; satranç; çay ve simit"
        ),
        "b2": "@b",
        "c": "yağmurda; anneannemle; kahvaltıdan önce; uykusuz; sahilde; işten sonra; gece üçte; pijamayla; çocuklarla; metroda",
        "d": (
            "hayat işte; pişman değilim; kahve yollayın; iyi pazarlar; sonra anlatırım; doğum günün kutlu olsun anne; belim "
            "ağrıyor; yaşasın yaz; kim gelir?"
        ),
    },
    "ar": {
        "patterns": "{a} {b} {c}; {b} {c}، {d}; {a} {b} و{b2}، {d}",
        "a": "اليوم قررت; تعبت من; أخيرا بدأت; أختي تحب; جارنا لا يتوقف عن; نفسي في; نسيت مرة أخرى; أحب",
        "b": (
            "طلاء المطبخ; تعلم العود; عمل الكنافة; المشي مع الكلب; مذاكرة الكيمياء; تصليح الدراجة; مشاهدة المسلسلات; تنظيف الفرن; "
            "سقي النباتات; البحث عن شقة; القراءة في المترو; لعب الشطرنج; الجري"
        ),
        "b2": "@b",
        "c": "تحت المطر; مع جدتي; قبل الفطور; بدون نوم; آخر الأسبوع; على البحر; بعد الدوام; الساعة الثالثة فجرا; مع الأولاد",
        "d": "يا لها من حياة; لست نادما; أرسلوا قهوة; جمعة مباركة; كل عام وأنت بخير يا أمي; ظهري يؤلمني; من يأتي معي؟",
    },
    "hi": {
        "patterns": "{a} {c} {b}; {c} {b}, {d}; {a} {b} और {b2}, {d}",
        "a": "आज फिर; आखिरकार; मेरी बहन और; पड़ोसी का; मन है; बॉस ने कहा; छुट्टी मतलब; दोस्तों के साथ",
        "b": (
            "रसोई की पुताई; गिटार सीखना; पकौड़े; कुत्ते की सैर; रसायन की पढ़ाई; साइकिल ठीक करना; वेब सीरीज; अलमारी की सफाई; पौधों को पानी; "
            "किराये का घर; मेट्रो में किताब; शतरंज; दौड़; चाय और समोसा"
        ),
        "b2": "@b",
        "c": "बारिश में; दादी के साथ; नाश्ते से पहले; बिना सोए; समुद्र किनारे; ऑफिस के बाद; रात तीन बजे; बच्चों के साथ; छत पर",
        "d": "क्या जिंदगी है; कोई पछतावा नहीं; कॉफी भेजो; शुभ रविवार; जन्मदिन मुबारक माँ; कमर दर्द; कौन आएगा?",
    },
    "ru": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} и {b2}, {d}; {d}: {a} {b} {c}",
        "a": "сегодня решила; надоело; наконец-то можно; сестра хочет; сосед любит; мечтаю; опять забыл; начальник просил; лень",
        "b": (
            "красить кухню; учить гитару; печь блины; гулять с собакой; зубрить химию; чинить велосипед; смотреть сериалы; мыть "
            "духовку; танцевать; поливать цветы; искать квартиру; читать в метро; вязать;"
            " бегать; играть в шахматы; собирать шкаф; петь в душе; разбирать фото"
        ),
        "b2": "@b",
        "c": "под дождём; с бабушкой; до завтрака; без сна; на выходных; на даче; после работы; в три часа ночи; в пижаме; с детьми",
        "d": (
            "такая жизнь; ни о чём не жалею; пришлите кофе; всем хорошего воскресенья; потом расскажу; мама, с днём рождения; "
            "спина болит; кто со мной?"
        ),
    },
    "id": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} sama {b2}, {d}; {d}: {a} {b} {c}",
        "a": "hari ini; lagi pengen; capek; akhirnya bisa; kakak ngajak; tetangga hobi; lupa lagi; rencana weekend:; bos nyuruh",
        "b": (
            "ngecat dapur; belajar gitar; bikin martabak; jalan-jalan sama anjing; belajar kimia; benerin sepeda; nonton drakor; "
            "bersihin oven; nyiram tanaman; cari kos; baca buku di kereta; main catur; lari pagi;"
            " rakit lemari; makan mie instan; karaoke"
        ),
        "b2": "@b",
        "c": (
            "pas hujan; bareng nenek; sebelum sarapan; belum tidur; akhir pekan; di pantai; habis kerja; jam tiga pagi; pakai "
            "piyama; sama anak-anak"
        ),
        "d": (
            "hidup memang begitu; gak nyesel; kirim kopi dong; selamat hari Minggu; nanti aku ceritain; selamat ultah mama; "
            "pinggang sakit; siapa ikut?"
        ),
    },
    "it": {
        "patterns": "{a} {b} {c}; {b} {c}, {d}; {a} {b} e {b2}, {d}; {d}: {a} {b} {c}",
        "a": (
            "oggi mi tocca; che voglia di; stanca di; finalmente riesco a; mia sorella vuole; il vicino continua a; sogno di; il "
            "capo mi ha chiesto di; mai più"
        ),
        "b": (
            "dipingere la cucina; imparare il violino; fare gli gnocchi; portare fuori il cane; studiare chimica; aggiustare la "
            "bici; guardare serie; pulire il forno; ballare; annaffiare i fiori; cercare casa;"
            " leggere in metro; lavorare a maglia; correre dieci km; giocare a scacchi; montare mobili; cantare sotto la doccia"
        ),
        "b2": "@b",
        "c": (
            "sotto la pioggia; con la nonna; prima di colazione; senza dormire; nel weekend; di nuovo; al mare; dopo il lavoro; "
            "alle tre di notte; in pigiama; coi bambini"
        ),
        "d": (
            "che vita; non mi pento; mandate caffè; buona domenica; poi vi racconto; auguri mamma; mal di schiena; viva l'estate; "
            "chi viene?"
        ),
    },
}
