-- Offence codes and the named definitions made of them.
--
-- Sweden's National Council for Crime Prevention (Brå) keeps the codes.
-- "Bostadsinbrott" is not one thing: Brå counts villas and flats, the police
-- count holiday homes too, insurers may leave attempts out. So the code is what
-- is stored, and every answer names the definition that it used.

INSERT INTO offence_code (id, code, kind, is_attempt, valid_from, valid_to, name_sv, name_en) VALUES
  (1, '9801', 'villa', false, NULL, NULL, 'Inbrottsstöld i villa eller radhus, fullbordad', 'Burglary of a house, completed'),
  (2, '0857', 'villa', true, NULL, NULL, 'Inbrottsstöld i villa eller radhus, försök', 'Burglary of a house, attempted'),
  (3, '9802', 'flat', false, NULL, NULL, 'Inbrottsstöld i lägenhet, fullbordad', 'Burglary of a flat, completed'),
  (4, '0874', 'flat', true, NULL, NULL, 'Inbrottsstöld i lägenhet, försök', 'Burglary of a flat, attempted'),
  (5, '9831', 'other', false, NULL, NULL, 'Inbrottsstöld i annan bostad, fullbordad', 'Burglary of another dwelling, completed'),
  (6, '9832', 'other', true, NULL, NULL, 'Inbrottsstöld i annan bostad, försök', 'Burglary of another dwelling, attempted'),
  (7, '0826', 'holiday', NULL, NULL, NULL, 'Inbrottsstöld i fritidshus', 'Burglary of a holiday home'),
  (8, '0825', 'cellar', NULL, NULL, NULL, 'Inbrottsstöld i källare eller vind', 'Burglary of a cellar or attic'),
  (9, '0843', 'villa', NULL, NULL, 2001, 'Inbrottsstöld i villa eller radhus (kod till 2001)', 'Burglary of a house (code until 2001)'),
  (10, '0844', 'flat', NULL, NULL, 2001, 'Inbrottsstöld i lägenhet (kod till 2001)', 'Burglary of a flat (code until 2001)'),
  (11, '0824', 'other', NULL, NULL, 1996, 'Inbrottsstöld i bostad (kod till 1996)', 'Burglary of a dwelling (code until 1996)');

INSERT INTO definition (name, title_sv, title_en, description_sv, description_en) VALUES
  ('bra', 'Bostadsinbrott enligt Brå', 'Residential burglary (Brå)',
   'Inbrott i villa, radhus och lägenhet, fullbordade och försök. Fritidshus ingår inte.',
   'Burglaries of houses and flats, completed and attempted. Holiday homes are not counted.'),
  ('polisen', 'Bostadsinbrott enligt Polisen', 'Residential burglary (police)',
   'Inbrott i villa, radhus, lägenhet och fritidshus, fullbordade och försök.',
   'Burglaries of houses, flats and holiday homes, completed and attempted.'),
  ('fullbordade', 'Fullbordade bostadsinbrott', 'Completed residential burglary',
   'Fullbordade inbrott i villa, radhus och lägenhet. Försök ingår inte, och inte heller äldre koder som inte skiljer på försök och fullbordade brott.',
   'Completed burglaries of houses and flats. Attempts are not counted, nor are older codes that do not tell attempts apart.'),
  ('forsok', 'Försök till bostadsinbrott', 'Attempted residential burglary',
   'Försök till inbrott i villa, radhus och lägenhet.',
   'Attempted burglaries of houses and flats.'),
  ('fritidshus', 'Inbrott i fritidshus', 'Burglary of holiday homes',
   'Inbrott i fritidshus; koden skiljer inte på fullbordade brott och försök.',
   'Burglaries of holiday homes; the code does not tell completed from attempted.'),
  ('kallare', 'Inbrott i källare och vind', 'Burglary of cellars and attics',
   'Inbrott i källare och vind. Räknas inte som bostadsinbrott.',
   'Burglaries of cellars and attics. Not residential burglary.');

INSERT INTO definition_code (definition, code_id)
SELECT d.name, c.id
FROM definition d
JOIN offence_code c ON CASE d.name
    WHEN 'bra' THEN c.kind IN ('villa', 'flat')
    WHEN 'polisen' THEN c.kind IN ('villa', 'flat', 'holiday')
    WHEN 'fullbordade' THEN c.kind IN ('villa', 'flat') AND c.is_attempt = false
    WHEN 'forsok' THEN c.kind IN ('villa', 'flat') AND c.is_attempt
    WHEN 'fritidshus' THEN c.kind = 'holiday'
    WHEN 'kallare' THEN c.kind = 'cellar'
  END;

-- The municipality as a whole is the only place that kinds of dwelling and
-- unlocated incidents are published for.
INSERT INTO district_set (name, title_sv, title_en) VALUES ('kommun', 'Kommun', 'Municipality');
