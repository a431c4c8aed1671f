//! `samples.parquet`: `time` in UTC milliseconds and an optional DOUBLE a signal, as DuckDB and pandas read it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, TimestampType, Type as Physical,
};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath, Type, TypePtr};

use super::{Column, Recording, RecordingError, Rows, TIME_COLUMN};

/// Reads the rows, as they stand.
pub(super) fn read(path: &Path) -> Result<Rows, RecordingError> {
    let parquet_error = |source| RecordingError::Parquet { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(|source| RecordingError::io("read", path, source))?;
    let reader = SerializedFileReader::new(file).map_err(parquet_error)?;
    let names = signal_names(path, reader.metadata().file_metadata().schema_descr().columns())?;
    let mut stamps = Vec::new();
    let mut columns = vec![Column::default(); names.len()];
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(parquet_error)?;
        for at in read_times(group.as_ref()).map_err(parquet_error)? {
            let line = stamps.len() + 2;
            let refuse = |_| RecordingError::row(path, line, TIME_COLUMN, format!("{at} ms is not a time"));
            stamps.push(Timestamp::from_millisecond(at).map_err(refuse)?);
        }
        for (index, column) in columns.iter_mut().enumerate() {
            read_values(group.as_ref(), index + 1, column).map_err(parquet_error)?;
        }
    }
    Ok(Rows { stamps, columns: names.into_iter().zip(columns).collect::<BTreeMap<_, _>>() })
}

/// Writes every step, the missing ones as null.
pub(super) fn write(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let file = File::create(path).map_err(|source| RecordingError::io("write", path, source))?;
    write_columns(file, recording)
        .map_err(|source| RecordingError::Parquet { path: path.to_path_buf(), source })
}

/// The names of the value columns, once every column is of the type that we can read.
fn signal_names(path: &Path, columns: &[ColumnDescPtr]) -> Result<Vec<String>, RecordingError> {
    let refuse = |column: &str, problem: &str| Err(RecordingError::row(path, 1, column, problem));
    let Some((time, values)) = columns.split_first() else {
        return Err(RecordingError::file(path, "has no columns"));
    };
    if time.name() != TIME_COLUMN {
        return refuse(time.name(), "is the first column, which must be time");
    }
    if time.logical_type_ref() != Some(&utc_milliseconds()) {
        return refuse(TIME_COLUMN, "is not a timestamp in UTC milliseconds");
    }
    for column in values {
        let is_plain_double = column.physical_type() == Physical::DOUBLE && column.max_rep_level() == 0;
        if !is_plain_double {
            return refuse(column.name(), "is not DOUBLE");
        }
    }
    Ok(values.iter().map(|column| column.name().to_owned()).collect())
}

fn read_times(group: &dyn RowGroupReader) -> Result<Vec<i64>, ParquetError> {
    let rows = row_count(group)?;
    let mut reader = get_typed_column_reader::<Int64Type>(group.get_column_reader(0)?);
    let (mut times, mut levels) = (Vec::with_capacity(rows), Vec::new());
    reader.read_records(rows, Some(&mut levels), None, &mut times)?;
    if times.len() == rows { Ok(times) } else { Err(ParquetError::General("a time is missing".into())) }
}

/// Appends the cells of the column at `index`, of which the file holds only those that are there.
fn read_values(group: &dyn RowGroupReader, index: usize, column: &mut Column) -> Result<(), ParquetError> {
    let rows = row_count(group)?;
    let is_optional = 0 < group.metadata().column(index).column_descr().max_def_level();
    let mut reader = get_typed_column_reader::<DoubleType>(group.get_column_reader(index)?);
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::new());
    reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(ParquetError::General("a value is NaN or infinite: null marks what is missing".into()));
    }
    if !is_optional {
        levels = vec![1; values.len()];
    }
    let mut values = values.into_iter();
    for level in levels {
        column.push(if level == 1 { values.next() } else { None });
    }
    Ok(())
}

fn row_count(group: &dyn RowGroupReader) -> Result<usize, ParquetError> {
    usize::try_from(group.metadata().num_rows())
        .map_err(|_| ParquetError::General("negative row count".into()))
}

fn write_columns(file: File, recording: &Recording) -> Result<(), ParquetError> {
    let mut writer = SerializedFileWriter::new(file, schema(recording)?, Arc::new(properties()))?;
    let mut group = writer.next_row_group()?;
    if let Some(mut column) = group.next_column()? {
        let times: Vec<i64> =
            (0..recording.len()).map(|index| recording.time_at(index).as_millisecond()).collect();
        column.typed::<Int64Type>().write_batch(&times, None, None)?;
        column.close()?;
    }
    for cells in recording.signals.values() {
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        let values: Vec<f64> = cells.iter().flatten().collect();
        if let Some(mut column) = group.next_column()? {
            column.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
            column.close()?;
        }
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

fn schema(recording: &Recording) -> Result<TypePtr, ParquetError> {
    let time = Type::primitive_type_builder(TIME_COLUMN, Physical::INT64)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(utc_milliseconds()))
        .build()?;
    let mut fields = vec![Arc::new(time)];
    for name in recording.signals.keys() {
        let value =
            Type::primitive_type_builder(name, Physical::DOUBLE).with_repetition(Repetition::OPTIONAL);
        fields.push(Arc::new(value.build()?));
    }
    Type::group_type_builder("recording").with_fields(fields).build().map(Arc::new)
}

/// Even stamps all but vanish as deltas. The writer's name has no version in it, so that the same samples give
/// the same bytes after an upgrade of the library.
fn properties() -> WriterProperties {
    let time = ColumnPath::from(TIME_COLUMN);
    WriterProperties::builder()
        .set_created_by("prescale".into())
        .set_compression(Compression::SNAPPY)
        .set_column_dictionary_enabled(time.clone(), false)
        .set_column_encoding(time, Encoding::DELTA_BINARY_PACKED)
        .build()
}

fn utc_milliseconds() -> LogicalType {
    LogicalType::Timestamp(TimestampType { is_adjusted_to_u_t_c: true, unit: TimeUnit::MILLIS })
}
