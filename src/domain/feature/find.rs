//! Finding features.

use crate::model::feature::{FEATURES, Feature, FeatureRecord};
use crate::model::id::Id;
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;

use super::super::staged::State;

/// The feature of this name.
///
/// # Errors
/// When what stands there cannot be read, or is another feature.
pub fn get(state: &dyn State, id: &Id) -> Result<Option<FeatureRecord>, Damage> {
    let place = Feature::place(id);
    let bytes = state.get(&place)?;
    bytes.map(|bytes| read(&place, &bytes)).transpose()
}

/// The feature of this name, which has to be there.
///
/// # Errors
/// [`Refusal::NotFound`], or damage.
pub fn expect(state: &dyn State, id: &Id) -> Result<FeatureRecord, Refusal> {
    get(state, id)?.ok_or_else(|| Refusal::NotFound {
        what: "feature".into(),
        name: id.to_string(),
    })
}

/// All features by their names, over or not, and what cannot be read among them.
///
/// # Errors
/// When the directory cannot be read.
pub fn all(state: &dyn State) -> Result<(Vec<FeatureRecord>, Vec<Damage>), Damage> {
    let (mut features, mut damaged) = (Vec::new(), Vec::new());
    for (place, bytes) in state.under(FEATURES)? {
        match bytes.and_then(|bytes| read(&place, &bytes)) {
            Ok(feature) => features.push(feature),
            Err(damage) => damaged.push(damage),
        }
    }
    features.sort_by(|one, other| one.id.cmp(&other.id));
    Ok((features, damaged))
}

/// Reads a feature and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is no feature, or another one.
pub fn read(place: &Place, bytes: &[u8]) -> Result<FeatureRecord, Damage> {
    let feature: FeatureRecord = record::parse(place, bytes)?;
    if Feature::place(&feature.id) != *place {
        let why = format!("it is feature `{}`, which belongs elsewhere", feature.id);
        return Err(Damage::new(place, why));
    }
    Ok(feature)
}
